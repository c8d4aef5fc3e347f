/** What goes wrong in the middle of a rotation, and what is left of it. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FaultAction } from '../sandbox/faults.ts';
import { CHANGES } from './documents.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

const start = startRotating;

/** Runs `rotate acme/ci --json` with what else is given, and reads its one row. */
async function rotate({ machine }: Rotating, code: number, words: readonly string[] = []) {
  const { stdout } = await machine.run(['rotate', 'acme/ci', ...words, '--json'], { code });
  const [row] = ROTATED.parse(JSON.parse(stdout));
  return row;
}

const marks = ({ native }: Rotating) => native.keys.map((key) => [key.id, key.revoked]);

/** One active key, which the ledger has as its current one. */
async function expectWhole({ native, record, machine }: Rotating): Promise<void> {
  const [accepted, second] = native.accepted();
  expect(second).toBeUndefined();
  expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${accepted}\n`);
  expect(native.living().map((key) => key.id)).toEqual([(await record()).id]);
  expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
}

const LOST: readonly FaultAction[] = [
  { kind: 'lost' },
  { kind: 'reset' },
  { kind: 'silent' },
  { kind: 'never' },
  { kind: 'truncated', cut: true },
  { kind: 'html' },
  { kind: 'reshape', change: () => ({ name: 'no id, no key' }) },
  { kind: 'answer', status: 500, body: { error: 'failed' } },
  { kind: 'spoiled', status: 500 },
];

describe('an answer that never comes', () => {
  it.each(LOST)('to the request for a key: $kind', async (action) => {
    const rotating = await start();
    rotating.native.faults.plant({ match: 'POST /keys', action });
    expect(await rotate(rotating, 0, ['--timeout', '1s'])).toMatchObject({ state: 'done' });
    await expectWhole(rotating);
  });

  it.each(LOST)('to the request for a rotation: $kind', async (action) => {
    const rotating = await start({ rotate: { id: 'new', overlap: false } });
    rotating.native.faults.plant({ match: 'POST /keys/rotate', action });
    expect(await rotate(rotating, 0, ['--timeout', '1s'])).toMatchObject({ state: 'done' });
    await expectWhole(rotating);
  });

  it.each([
    ['same', { kind: 'spoiled', status: 502 }],
    ['same', { kind: 'lost' }],
    ['new', { kind: 'spoiled', status: 502 }],
    ['new', { kind: 'lost' }],
  ] as const)('twice, where the service replaces it under the %s id (%j): kept, and resumed', async (id, action) => {
    const rotating = await start({ rotate: { id, overlap: false } });
    const { native, machine } = rotating;
    native.faults.plant({ match: 'POST /keys/rotate', times: 2, action });
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--json'], { code: 8 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'resumable', newId: null }]);
    native.faults.plant({ match: 'POST /keys/rotate', action: { kind: 'answer', status: 403, body: {} } });
    await machine.run(['rotate', '--resume'], { code: 8 });
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });

  it('where the key is revoked here before it is resumed: it ends there', async () => {
    const { native, machine } = await start({ rotate: { id: 'same', overlap: false } });
    native.faults.plant({ match: 'POST /keys/rotate', times: 2, action: { kind: 'lost' } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    await machine.run(['revoke', 'acme/ci', '--yes']);
    const { stdout } = await machine.run(['rotate', '--resume', '--json'], { code: 1 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });

  it('does not make a colleague’s key of the same name ours', async () => {
    const rotating = await start({ rotate: { id: 'new', overlap: true } });
    const { native, machine } = rotating;
    const theirs = native.make((await rotating.record()).label);
    native.keys.at(-1)?.createdAt.setTime(Date.now() - 3_600_000);
    native.faults.plant({ match: 'POST /keys/rotate', action: { kind: 'reset' } });
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ state: 'done', oldId: 'r1' }]);
    expect(native.accepted()).toContain(theirs);
    expect(native.keys.map((key) => key.revoked)).toEqual([true, false, false]);
  });

  it('twice: what both made is found and revoked, and the old key stays', async () => {
    const rotating = await start();
    rotating.native.faults.plant({ match: 'POST /keys', times: 2, action: { kind: 'lost' } });
    expect(await rotate(rotating, 9)).toMatchObject({ state: 'failed', newId: null, error: { code: 'unreachable' } });
    expect(marks(rotating)).toEqual([
      ['r1', false],
      ['r2', true],
      ['r3', true],
    ]);
    await expectWhole(rotating);
  });

  it('and the list cannot be had either: left to resume, which finds the orphan', async () => {
    const rotating = await start();
    const { native, machine } = rotating;
    native.faults.plant({ match: 'POST /keys', action: { kind: 'lost' } });
    const list = native.faults.plant({ match: 'GET /keys', times: 9, action: { kind: 'answer', status: 503 } });
    expect(await rotate(rotating, 8)).toMatchObject({ state: 'resumable', error: { code: 'server_error' } });
    expect((await machine.run(['list', '--local'])).stderr).toContain('mcpkey rotate --resume');
    list.remove();
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done', newId: 'r3' }]);
    await expectWhole(rotating);
  });

  it('and the list is empty, as of an unreadable database: nothing is concluded from that', async () => {
    const rotating = await start();
    const { native } = rotating;
    native.faults.plant({ match: 'POST /keys', action: { kind: 'lost' } });
    const list = native.faults.plant({
      match: 'GET /keys',
      action: { kind: 'answer', status: 200, body: { keys: [] } },
    });
    expect(await rotate(rotating, 8)).toMatchObject({ state: 'resumable', error: { code: 'bad_response' } });
    list.remove();
    await rotating.machine.run(['rotate', '--resume']);
    await expectWhole(rotating);
  });

  it.each(LOST)('to the revocation: $kind', async (action) => {
    const rotating = await start();
    rotating.native.faults.plant({ match: 'POST /keys/revoke', action });
    expect(await rotate(rotating, 0, ['--timeout', '1s'])).toMatchObject({ state: 'done' });
    await expectWhole(rotating);
  });

  it('is carried out when the next process has looked already', async () => {
    const rotating = await start();
    const { native, machine } = rotating;
    const running = machine.start(['rotate', 'acme/ci']);
    native.tap = async (event, { path, method }) => {
      if (event !== 'arrived' || path !== '/keys' || method !== 'POST') return undefined;
      native.tap = undefined;
      running.kill('SIGKILL');
      await new Promise((done) => setTimeout(done, 1_500));
      return undefined;
    };
    await running.finished;
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });
});

describe('a service that says no', () => {
  it('to the new key: nothing is changed', async () => {
    const rotating = await start();
    rotating.native.faults.plant({
      match: 'POST /keys',
      action: { kind: 'answer', status: 422, body: { error: 'no' } },
    });
    expect(await rotate(rotating, 1)).toMatchObject({ state: 'failed', error: { code: 'refused' } });
    await expectWhole(rotating);
  });

  it('to the login: nothing is changed', async () => {
    const rotating = await start();
    const { stdout } = await rotating.machine.run(['rotate', 'acme/ci', '--json'], {
      env: { MCPKEY_TOKEN: `wrong-${'x'.repeat(12)}` },
      code: 3,
    });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'invalid_token' } }]);
    await expectWhole(rotating);
  });

  it('to the revocation: the new key is in use, and --resume revokes the old one', async () => {
    const rotating = await start();
    const { native, machine } = rotating;
    native.faults.plant({ match: 'POST /keys/revoke', action: { kind: 'answer', status: 403, body: {} } });
    expect(await rotate(rotating, 8)).toMatchObject({ state: 'resumable', newId: 'r2' });
    expect((await machine.run(['get', 'acme/ci'])).stdout.trim()).toBe(native.keys[1]?.secrets[0]?.value);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });

  it('where the old key goes first, and whether it is gone cannot be seen: kept, and resumed', async () => {
    const rotating = await start({ oneKey: true });
    const { native, machine } = rotating;
    native.faults.plant({ match: 'POST /mcp', times: 99, action: { kind: 'reset' } });
    const words = ['--order', 'revoke-first', '--yes'];
    expect(await rotate(rotating, 8, words)).toMatchObject({ state: 'resumable', newId: null });
    expect(native.accepted()).toEqual([]);
    native.faults.clear();
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done', newId: 'r2' }]);
    await expectWhole(rotating);
  });

  it('where the old key should go first, in words: nothing was changed', async () => {
    const rotating = await start({ oneKey: true });
    const answer = { kind: 'answer', status: 403, body: {} } as const;
    rotating.native.faults.plant({ match: 'POST /keys/revoke', action: answer });
    expect(await rotate(rotating, 4, ['--order', 'revoke-first', '--yes'])).toMatchObject({ state: 'failed' });
    await expectWhole(rotating);
  });

  it('to the new key at the MCP endpoint: told of the new one, and that the old one stays', async () => {
    const rotating = await start();
    rotating.native.faults.plant({ match: 'POST /mcp', times: 9, action: { kind: 'answer', status: 401, body: {} } });
    expect(await rotate(rotating, 3)).toMatchObject({
      state: 'failed',
      error: {
        message: expect.stringMatching(/^The new key of acme\/ci failed its check, and the old one stays as it is/),
        hint: 'mcpkey verify acme/ci',
      },
    });
    rotating.native.faults.clear();
    await expectWhole(rotating);
  });

  it('to the MCP endpoint’s guests: the new key is given back, and what that fails is resumed', async () => {
    const rotating = await start();
    const { native, machine } = rotating;
    native.faults.plant({ match: 'POST /mcp', action: { kind: 'answer', status: 403, body: {} } });
    native.faults.plant({ match: 'POST /keys/revoke', action: { kind: 'answer', status: 403, body: {} } });
    expect(await rotate(rotating, 8)).toMatchObject({ state: 'resumable' });
    const { stdout } = await machine.run(['rotate', '--resume', '--json'], { code: 4 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { state: 'failed', error: { code: 'insufficient_scope' } },
    ]);
    expect(marks(rotating)).toEqual([
      ['r1', false],
      ['r2', true],
    ]);
    await expectWhole(rotating);
  });
});

describe('this machine in the middle', () => {
  /** Calls `work` when the service has made the new key, before the program hears of it. */
  const whenMade = ({ native }: Rotating, work: () => Promise<unknown>): void => {
    native.tap = async (event, { path, method }) => {
      if (event === 'answered' && path === '/keys' && method === 'POST') await work();
      return undefined;
    };
  };

  it('another process takes the key over: told, and left to it', async () => {
    const rotating = await start();
    const { machine } = rotating;
    const locks = join(machine.home.mcpkey, 'state/locks');
    whenMade(rotating, async () => {
      for (const name of await readdir(locks)) if (name.startsWith('rotation')) await rm(join(locks, name));
    });
    const { stdout, stderr } = await machine.run(['rotate', 'acme/ci', '--json'], { code: 1 });
    const [row] = ROTATED.parse(JSON.parse(stdout));
    expect(row).toMatchObject({ state: 'failed', error: { code: 'conflict', hint: 'Run the command again.' } });
    expect(stderr).not.toContain('resume');
    expect((await machine.run(['log', '--json'])).stdout).not.toContain('"rotate"');
    rotating.native.tap = undefined;
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });

  it('the store is gone: the new key is revoked again, and the old one stays', async () => {
    const rotating = await start();
    const identity = rotating.machine.home.env.MCPKEY_AGE_IDENTITY ?? '';
    whenMade(rotating, () => rename(identity, `${identity}.away`));
    expect(await rotate(rotating, 7)).toMatchObject({
      state: 'failed',
      error: { code: expect.stringMatching(/^store_/) },
    });
    await rename(`${identity}.away`, identity);
    expect(marks(rotating)).toEqual([
      ['r1', false],
      ['r2', true],
    ]);
    await expectWhole(rotating);
  });

  it('a client’s file does not parse: no file is changed, the old key lives, and --resume goes on', async () => {
    const rotating = await start();
    const { machine, native } = rotating;
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    await machine.json(CHANGES, ['place', 'acme/ci', 'env-file', '--file', join(machine.home.dir, '.env')]);
    const [cursor, env] = [await machine.home.read('.cursor/mcp.json'), await machine.home.read('.env')];
    whenMade(rotating, () => machine.home.write('.cursor/mcp.json', '{"mcpServers": {'));
    expect(await rotate(rotating, 8)).toMatchObject({ state: 'resumable', error: { code: 'bad_config_file' } });
    expect(await machine.home.read('.env')).toBe(env);
    expect(native.accepted()).toHaveLength(2);
    await machine.home.write('.cursor/mcp.json', cursor);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(await machine.home.read('.cursor/mcp.json')).toContain(native.accepted()[0]);
    await expectWhole(rotating);
  });

  it('an entry that someone changed keeps their change, and gets the key', async () => {
    const rotating = await start();
    const { machine, native } = rotating;
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    const file = await machine.home.read('.cursor/mcp.json');
    const [old = ''] = native.accepted();
    const mine = file.replace('"url"', '"disabled":   true, "url"');
    await machine.home.write('.cursor/mcp.json', mine);
    await machine.run(['rotate', 'acme/ci']);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(mine.replace(old, native.accepted()[0] ?? ''));
  });

  it('Ctrl-C before anything was asked of the service leaves nothing; later it leaves what --resume ends', async () => {
    const rotating = await start();
    const { machine, native } = rotating;
    const running = machine.start(['rotate', 'acme/ci']);
    native.tap = async (event, { path }) => {
      if (event !== 'answered' || path !== '/mcp') return undefined;
      // Once: the second one would end it on the spot.
      native.tap = undefined;
      running.kill('SIGINT');
      return undefined;
    };
    expect((await running.finished).code).toBe(130);
    expect(native.accepted()).toHaveLength(2);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });
});

describe('--on-rotated', () => {
  it('gets the new secret on stdin, before the old key goes', async () => {
    const rotating = await start();
    const { machine, native } = rotating;
    const file = join(machine.home.root, 'handed');
    await rotate(rotating, 0, [
      '--on-rotated',
      `cat > ${file}; echo "$MCPKEY_REF $MCPKEY_OLD_ID $MCPKEY_NEW_ID" > ${file}.env`,
    ]);
    expect(await machine.home.read(file)).toBe(native.accepted()[0]);
    expect(await machine.home.read(`${file}.env`)).toBe('acme/ci r1 r2\n');
  });

  it.each([
    ['fails', 'cat >&2; exit 3', []],
    ['hangs', 'sleep 30', ['--timeout', '1s']],
    ['is not there', '/no/such/program', []],
  ])('that %s keeps the old key alive, and shows no secret', async (_what, command, words) => {
    const rotating = await start();
    const { machine, native } = rotating;
    const { stdout, stderr } = await machine.run(['rotate', 'acme/ci', '--on-rotated', command, ...words], { code: 8 });
    expect(native.accepted()).toHaveLength(2);
    for (const secret of native.accepted()) expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toContain('mcpkey rotate --resume');
  });
});

describe('a key whose id is not known', () => {
  it('is refused before anything is made, with what a person can do', async () => {
    const { machine, native } = await start();
    await machine.run(['import', 'imp', '-p', 'acme', '--stdin'], { input: native.make('elsewhere') });
    const { stdout } = await machine.run(['rotate', 'acme/imp', '--json'], { code: 1 });
    const [row] = ROTATED.parse(JSON.parse(stdout));
    expect(row).toMatchObject({ state: 'failed', newId: null, error: { code: 'unsupported' } });
    expect(row?.error?.hint).toContain('mcpkey revoke acme/imp --forget && mcpkey create imp -p acme');
    expect(native.keys).toHaveLength(2);
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });
});
