import { afterEach, describe, expect, it } from 'vitest';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

let on: Rotating | undefined;
afterEach(async () => on?.native.close());

const start = async (...args: Parameters<typeof startRotating>): Promise<Rotating> => {
  on = await startRotating(...args);
  return on;
};

describe('rotate', () => {
  it('makes a new key, revokes the old one, and sees it refused', async () => {
    const { machine, native, record } = await start();
    const [row] = await machine.json(ROTATED, ['rotate', 'acme/ci']);
    expect(row).toMatchObject({ ref: 'acme/ci', oldId: 'r1', newId: 'r2', state: 'done', error: null });
    expect(native.keys.map((key) => key.revoked)).toEqual([true, false]);
    expect(await record()).toMatchObject({ id: 'r2', previous: null, status: 'active' });
    expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${native.accepted()[0]}\n`);
    expect(await machine.filesWith(...native.keys.flatMap((key) => key.secrets.map((one) => one.value)))).toEqual([]);
  });
});
