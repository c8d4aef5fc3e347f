/** Other commands on a key whose rotation is under way, or was left in the middle. */
import { describe, expect, it } from 'vitest';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

/** Holds the answer to the first request that fits, until it is let go. */
function holdAt({ native }: Rotating, line: string): { reached: Promise<void>; letGo(): void } {
  const [reached, held] = [openGate(), openGate()];
  native.tap = async (event, { method, path }) => {
    if (event !== 'answered' || `${method} ${path}` !== line) return undefined;
    native.tap = undefined;
    reached.open();
    await held.opened;
    return undefined;
  };
  return { reached: reached.opened, letGo: held.open };
}

function openGate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { opened, open };
}

describe('revoke', () => {
  it.each([[[]], [['--forget']]])('beside a rotation is a conflict, and leaves no orphan: %s', async (words) => {
    const rotating = await startRotating();
    const { machine, native, record } = rotating;
    const hold = holdAt(rotating, 'POST /keys');
    const rotation = machine.start(['rotate', 'acme/ci', '--json']);
    await hold.reached;
    const revoked = await machine.run(['revoke', 'acme/ci', '-y', '--json', ...words], { code: 1 });
    expect(JSON.parse(revoked.stdout)).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
    hold.letGo();
    const { stdout } = await rotation.finished;
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'done', newId: 'r2' }]);
    expect(native.living().map((key) => key.id)).toEqual(['r2']);
    expect(await record()).toMatchObject({ id: 'r2', status: 'active' });
  });
});
