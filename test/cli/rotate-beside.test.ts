/** Other commands on a key whose rotation is under way, or was left in the middle. */
import { readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CHANGES, KEY } from './documents.ts';
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

  it.each([
    ['revoked', {}, []],
    ['forgotten', {}, ['--forget']],
    ['forgotten, of a service that rotates', { rotate: { id: 'new', overlap: true } } as const, ['--forget']],
  ])('of a key whose rotation was left: --resume gives the new key back (%s)', async (_what, options, words) => {
    const rotating = await startRotating(options);
    const { machine, native } = rotating;
    await leaveRotation(rotating);
    await machine.run(['revoke', 'acme/ci', '-y', ...words]);
    expect(native.living().map((key) => key.id)).toContain('r2');
    const { stdout } = await machine.run(['rotate', '--resume', '--json'], { code: 1 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
    expect(native.living().map((key) => key.id)).not.toContain('r2');
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });
});

describe('what a crash left', () => {
  const LEFT = 'A rotation was left in the middle. Next: mcpkey rotate --resume\n';

  it('is told by exec before its program is run, and by none that programs run', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    await dieAtPromotion(rotating);
    const run = ['exec', 'acme/ci', '--', 'sh', '-c', 'echo ran >&2'];
    expect((await machine.run(run)).stderr).toBe(`${LEFT}ran\n`);
    expect((await machine.run(['exec', '--quiet', ...run.slice(1)])).stderr).toBe('ran\n');
    for (const words of [['headers', 'acme/ci'], ['completion', 'bash'], ['help'], ['--version']]) {
      expect((await machine.run(words)).stderr).toBe('');
    }
    expect((await machine.run(['list', '--local'])).stderr).toBe(LEFT);
  });

  it('and cannot be read keeps no program from running', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    await dieAtPromotion(rotating);
    const folder = `${machine.home.mcpkey}/state/journals`;
    const [name = ''] = await readdir(folder);
    await writeFile(`${folder}/${name}`, 'no journal\n'.repeat(2));
    expect((await machine.run(['exec', 'acme/ci', '--', 'echo', 'ran'])).stdout).toBe('ran\n');
  });
});

describe('the new key of a rotation that was left', () => {
  it('is listed as stored, is no orphan, and is not revoked under that rotation', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await leaveRotation(rotating);
    const rows = await machine.json(z.array(KEY), ['list']);
    expect(rows.map(({ id, stored, status }) => [id, stored, status])).toEqual([
      ['r1', true, 'active'],
      ['r2', true, 'active'],
    ]);
    const hint = 'mcpkey rotate --resume';
    expect(await machine.fails(['get', 'acme/r2'], { code: 1 })).toMatchObject({ code: 'unsupported', hint });
    const orphans = await machine.json(z.array(z.looseObject({ state: z.string() })), [
      'doctor',
      '--check',
      'key.orphan',
    ]);
    expect(orphans.map(({ state }) => state)).toEqual(['ok']);
    const { stdout } = await machine.run(['revoke', 'acme/r2', '--yes', '--json'], { code: 1 });
    const end = 'mcpkey rotate acme/ci --resume';
    expect(JSON.parse(stdout)).toMatchObject([{ state: 'failed', error: { code: 'conflict', hint: end } }]);
    expect(native.living().map((key) => key.id)).toEqual(['r1', 'r2']);
  });
});

/** A rotation that stands behind its files: the command that gets the new key fails until `mended` is there. */
async function leaveRotation(
  { machine }: Rotating,
  ...words: readonly string[]
): Promise<{ mend(): Promise<unknown> }> {
  const command = `test -f ${machine.home.dir}/mended`;
  await machine.run(['rotate', 'acme/ci', '--on-rotated', command, ...words], { code: 8 });
  return { mend: () => machine.home.write('mended', '') };
}

/** Kills a rotation right before the ledger has the new key as the current one. */
async function dieAtPromotion({ machine }: Rotating): Promise<void> {
  const dying = machine.start(['rotate', 'acme/ci'], {
    env: {
      NODE_OPTIONS: `--import=${fileURLToPath(new URL('../rotation/crash/die-at.mjs', import.meta.url))}`,
      MCPKEY_TEST_DIE_AT: '1',
      MCPKEY_TEST_DIE_UNDER: `${machine.home.mcpkey}/data/ledger/acme`,
    },
  });
  expect((await dying.finished).signal).toBe('SIGKILL');
}

describe('place', () => {
  it('in the middle of a rotation that was left: the file has the new key when that has ended', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const [old = ''] = native.accepted();
    const { mend } = await leaveRotation(rotating);
    const file = ['--file', `${machine.home.dir}/.env`, '--var', 'ACME'];
    await machine.json(CHANGES, ['place', 'acme/ci', 'env-file', ...file]);
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    expect(await machine.home.read('.env')).toBe(`ACME=${old}\n`);
    await mend();
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done', newId: 'r2' }]);
    const [fresh = ''] = native.accepted();
    expect(native.accepted()).toEqual([fresh]);
    expect(await machine.home.read('.env')).toBe(`ACME=${fresh}\n`);
    expect(await machine.filesWith(old)).toEqual([]);
  });

  it.each([
    ['is handed the new key when that has ended', []],
    ['under the name of one that was there, by force, too', ['--force', '--name', 'before']],
  ])('of a hook between its hooks and its end: %s', async (_what, words) => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await machine.run(['place', 'acme/ci', 'hook', '--command', 'cat >> first', '--name', 'before']);
    const [old = ''] = native.accepted();
    await dieAtPromotion(rotating);
    const place = ['place', 'acme/ci', 'hook', '--command', 'cat > second', ...words];
    await machine.run(place);
    expect(await machine.home.read('second')).toBe(old);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done', newId: 'r2' }]);
    const [fresh = ''] = native.accepted();
    expect(await machine.home.read('second')).toBe(fresh);
    expect(await machine.home.read('first'), 'what was run is not run again').toBe(old + fresh);
  });

  it('beside a rotation: a file that the rotation did not see yet has the new key all the same', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const hold = holdAt(rotating, 'POST /keys');
    const rotation = machine.start(['rotate', 'acme/ci', '--json']);
    await hold.reached;
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    hold.letGo();
    expect((await rotation.finished).code).toBe(0);
    expect(await machine.home.read('.cursor/mcp.json')).toContain(native.accepted()[0]);
  });
});

describe('rotate with options, where a rotation with others was left', () => {
  it.each([
    [['acme/ci', '--grace', '1h']],
    [['acme/ci', '--order', 'revoke-first', '--yes']],
    [['acme/ci', '--on-rotated', 'cat']],
    [['--all', '--grace', '1h']],
  ])('is a conflict that says how to end that one, and changes nothing: %s', async (words) => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await leaveRotation(rotating);
    const asked = native.requests.length;
    const { stdout } = await machine.run(['rotate', ...words, '--json'], { code: 1 });
    const hint = expect.stringContaining('mcpkey rotate acme/ci --resume');
    expect(JSON.parse(stdout)).toMatchObject([{ ref: 'acme/ci', state: 'failed', error: { code: 'conflict', hint } }]);
    expect(native.requests.length).toBe(asked);
  });

  it('goes on with it where the same is asked for again', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    const { mend } = await leaveRotation(rotating, '--grace', '1h');
    await mend();
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '1h'])).toMatchObject([{ state: 'grace' }]);
  });
});

describe('--resume of a rotation whose command failed', () => {
  it('has its place in the history from the day that it was left, and another when it has ended', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    const log = z.array(z.looseObject({ command: z.string() }));
    const rotations = async () => (await machine.json(log, ['log'])).filter(({ command }) => command === 'rotate');
    const { mend } = await leaveRotation(rotating);
    const left = { oldId: 'r1', newId: 'r2', provedAt: expect.any(String), oldRefusedAt: null, outcome: 'partial' };
    expect(await rotations()).toMatchObject([left]);
    await machine.run(['rotate', '--resume'], { code: 8 });
    expect(await rotations(), 'a run that got no further').toHaveLength(1);
    await mend();
    await machine.run(['rotate', '--resume']);
    expect(await rotations()).toMatchObject([left, { newId: 'r2', oldRefusedAt: expect.any(String), outcome: 'done' }]);
    await machine.run(['log', '--verify']);
  });

  it('takes another command in its place, and hands the new key to that one', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const command = ['--on-rotated', 'cat > handed'];
    await leaveRotation(rotating);
    await machine.run(['rotate', '--resume', ...command], { code: 2 });
    await machine.run(['rotate', 'acme/ci', '--resume', '--on-rotated', 'exit 3'], { code: 8 });
    const row = { state: 'done', newId: 'r2' };
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci', '--resume', ...command])).toMatchObject([row]);
    expect(await machine.home.read('handed')).toBe(native.accepted()[0]);
  });

  it('refuses one that nothing would run any more', async () => {
    const { machine, native } = await startRotating();
    native.faults.plant({ match: 'POST /keys/revoke', action: { kind: 'answer', status: 403, body: {} } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    const { stderr } = await machine.run(['rotate', 'acme/ci', '--resume', '--on-rotated', 'cat'], { code: 1 });
    expect(stderr).toContain('mcpkey rotate acme/ci --resume');
    expect(native.accepted()).toHaveLength(2);
  });

  it('runs it where it was given, from whatever folder it is resumed', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    await machine.home.write('there/hand-on.sh', 'cat > handed\n');
    const cwd = `${machine.home.dir}/there`;
    await machine.run(['rotate', 'acme/ci', '--on-rotated', 'test -f ../mended && sh ./hand-on.sh'], { code: 8, cwd });
    await machine.home.write('mended', '');
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(await machine.home.read('there/handed')).not.toBe('');
  });
});

describe('rotate --dry-run', () => {
  const plan = ['rotate', 'acme/ci', '--dry-run'];

  it('of a key whose rotation was left goes on with that one, or is the conflict', async () => {
    const rotating = await startRotating();
    await leaveRotation(rotating);
    const [row] = await rotating.machine.json(ROTATED, plan);
    expect(row).toMatchObject({ state: 'planned', steps: ['go on with the rotation that was left'] });
    const { stdout } = await rotating.machine.run([...plan, '--grace', '1h', '--json'], { code: 1 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
  });

  it.each([
    ['named', plan],
    ['--all', ['rotate', '--all', '--dry-run']],
    ['--resume', ['rotate', '--resume', '--dry-run']],
  ])('of a key that another process rotates now says so, as the rotation would: %s', async (_what, words) => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const hold = holdAt(rotating, 'POST /keys');
    const rotation = machine.start(['rotate', 'acme/ci']);
    await hold.reached;
    const { stdout } = await machine.run([...words, '--json'], { code: 1 });
    const message = 'Another process rotates or revokes acme/ci now.';
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { ref: 'acme/ci', state: 'failed', error: { code: 'conflict', message } },
    ]);
    hold.letGo();
    expect((await rotation.finished).code, 'the one at work is not disturbed').toBe(0);
    expect(native.living().map((key) => key.id)).toEqual(['r2']);
  });

  it('of a key in its grace ends the old one first', async () => {
    const { machine } = await startRotating();
    const [fresh] = await machine.json(ROTATED, plan);
    await machine.run(['rotate', 'acme/ci', '--grace', '1h']);
    const [row] = await machine.json(ROTATED, plan);
    expect(row?.steps).toEqual(['end the old key r1 first, and see it refused', ...(fresh?.steps ?? [])]);
  });

  it('of a key whose old one a person must revoke says that this comes first', async () => {
    const { machine } = await startRotating({ revokeByHand: true });
    await machine.run(['rotate', 'acme/ci']);
    const [row] = await machine.json(ROTATED, plan);
    expect(row?.steps?.[0]).toMatch(/^end the old key r1 first.*you revoke it in the dashboard of Acme Rolls/);
  });
});
