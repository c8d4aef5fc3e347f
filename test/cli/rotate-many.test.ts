/** Several keys, several processes, and what is selected. */
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mcpkey } from '../helpers/cli.ts';
import type { FaultAction } from '../sandbox/faults.ts';
import { createMachine } from './machine.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

const start = startRotating;

/** Keys `k1`, `k2`, … beside `ci`. */
async function startWith(count: number): Promise<Rotating> {
  const rotating = await start();
  for (let number = 1; number <= count; number += 1) await rotating.machine.run(['create', `k${number}`]);
  return rotating;
}

const read = (stdout: string) => ROTATED.parse(JSON.parse(stdout));
const states = (rows: z.infer<typeof ROTATED>) => rows.map(({ ref, state }) => [ref, state]);

describe('rotate --all', () => {
  it('takes every active key that is stored here, side by side', async () => {
    const { machine, native } = await startWith(3);
    const rows = await machine.json(ROTATED, ['rotate', '--all', '--concurrency', '4']);
    expect(states(rows)).toEqual(['ci', 'k1', 'k2', 'k3'].map((name) => [`acme/${name}`, 'done']));
    expect(native.living()).toHaveLength(4);
  });

  it('narrows by name, age and end; nothing due is no failure', async () => {
    const { machine, native } = await startWith(1);
    expect(states(await machine.json(ROTATED, ['rotate', '--all', '--match', 'k*']))).toEqual([['acme/k1', 'done']]);
    const before = native.requests.length;
    for (const words of [
      ['--older-than', '80d'],
      ['--expiring', '14d'],
      ['--where', 'owner=ann'],
    ]) {
      expect(await machine.json(ROTATED, ['rotate', '--all', ...words])).toEqual([]);
      expect((await machine.run(['rotate', '--all', ...words])).stderr).toContain('Nothing is due');
    }
    expect(native.requests).toHaveLength(before);
  });

  it('says where state would lie, where none ever was', async () => {
    const machine = await createMachine();
    const failed = await machine.fails(['rotate', '--all', '--no-input']);
    expect(failed).toMatchObject({ code: 'not_found', exit: 5 });
    expect(failed.message).toContain(machine.home.mcpkey);
  });

  it('ends what was left and what is past its grace', async () => {
    const { machine, native } = await startWith(1);
    const [grace] = await machine.json(ROTATED, ['rotate', 'acme/k1', '--grace', '1s']);
    native.faults.plant({ match: 'POST /keys/revoke', action: { kind: 'answer', status: 403, body: {} } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Date.parse(grace?.revokeAt ?? ''));
    const rows = await machine.json(ROTATED, ['rotate', '--all', '--older-than', '80d']);
    expect(states(rows)).toEqual([
      ['acme/ci', 'done'],
      ['acme/k1', 'done'],
    ]);
    expect(native.living()).toHaveLength(2);
  });

  it('stops at a service that fails again and again alike', async () => {
    const { machine, native } = await startWith(3);
    native.faults.plant({ match: 'POST /keys', times: 99, action: { kind: 'answer', status: 403, body: {} } });
    const words = ['rotate', '--all', '--concurrency', '1', '--stop-after', '2', '--json'];
    const rows = read((await machine.run(words, { code: 4 })).stdout);
    expect(rows.map(({ state, error }) => [state, error?.code])).toEqual([
      ['failed', 'insufficient_scope'],
      ['failed', 'insufficient_scope'],
      ['skipped', 'insufficient_scope'],
      ['skipped', 'insufficient_scope'],
    ]);
    expect(native.requests.filter(({ method, path }) => method === 'POST' && path === '/keys')).toHaveLength(3 + 2);
  });

  it('some of several failed: 8, each with its own cause', async () => {
    const { machine, native } = await startWith(1);
    native.faults.plant({ match: 'POST /keys', action: { kind: 'answer', status: 403, body: {} } });
    const rows = read(
      (await machine.run(['rotate', 'acme/ci', 'acme/k1', '--concurrency', '1', '--json'], { code: 8 })).stdout,
    );
    expect(states(rows)).toEqual([
      ['acme/ci', 'failed'],
      ['acme/k1', 'done'],
    ]);
  });

  it('shows the plan with --dry-run, and asks nobody', async () => {
    const { machine, native } = await startWith(1);
    const before = native.requests.length;
    const rows = await machine.json(ROTATED, ['rotate', '--all', '--dry-run']);
    expect(rows.map(({ state, newId, steps }) => [state, newId, (steps?.length ?? 0) > 3])).toEqual([
      ['planned', null, true],
      ['planned', null, true],
    ]);
    expect(native.requests).toHaveLength(before);
  });
});

describe('limits', () => {
  const limit = (headers: Record<string, string>): FaultAction => ({ kind: 'answer', status: 429, headers, body: {} });

  it('waits as the service says, for all keys of it', async () => {
    const { machine, native } = await startWith(2);
    native.faults.plant({ match: 'POST /keys', action: limit({ 'retry-after': '1' }) });
    const before = native.requests.length;
    expect(states(await machine.json(ROTATED, ['rotate', '--all']))).toHaveLength(3);
    const [limited, ...others] = native.requests
      .slice(before)
      .filter(({ method, path }) => method === 'POST' && path === '/keys');
    expect(others).toHaveLength(3);
    const late = others.filter((request) => request.at >= (limited?.at ?? 0) + 1_000);
    expect(late.length).toBeGreaterThanOrEqual(1);
  });

  it('does not wait longer than a minute for one key: exit 6 at once, with the seconds', async () => {
    const { machine, native } = await start();
    native.faults.plant({ match: 'POST /keys', times: 9, action: limit({ 'retry-after': '90' }) });
    const [row] = read((await machine.run(['rotate', 'acme/ci', '--json'], { code: 6 })).stdout);
    expect(row).toMatchObject({ state: 'failed', error: { code: 'rate_limited', retryAfter: 90 } });
    expect(native.living()).toHaveLength(1);
  });
});

describe('several processes', () => {
  it.each([2, 8])('%i rotate one key at once: one does, the others say so', async (count) => {
    const { machine, native, record } = await start();
    const runs = Array.from({ length: count }, () =>
      mcpkey(['rotate', 'acme/ci', '--json'], { home: machine.home, timeout: 60_000 }),
    );
    const rows = (await Promise.all(runs)).map(({ stdout, code }) => ({ row: read(stdout)[0], code }));
    const done = rows.filter(({ row }) => row?.state === 'done');
    const refused = rows.filter(({ row }) => row?.error?.code === 'conflict');
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(done.length + refused.length).toBe(count);
    expect(refused.every(({ code }) => code === 1)).toBe(true);
    expect(native.living().map((key) => key.id)).toEqual([(await record()).id]);
    expect(native.keys).toHaveLength(1 + done.length);
  });

  it('8 rotate different keys at once', async () => {
    const { machine, native } = await startWith(7);
    const names = ['ci', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'];
    const runs = names.map((name) =>
      mcpkey(['rotate', `acme/${name}`, '--json'], { home: machine.home, timeout: 60_000 }),
    );
    const finished = await Promise.all(runs);
    expect(finished.map(({ stdout }) => read(stdout)[0]?.state)).toEqual(names.map(() => 'done'));
    expect(native.living()).toHaveLength(8);
    const log = z.array(z.looseObject({ command: z.string() }));
    expect((await machine.json(log, ['log'])).filter(({ command }) => command === 'rotate')).toHaveLength(8);
    await machine.run(['log', '--verify']);
  });

  it('a rotation at work is no crash: nobody is told to resume it', async () => {
    const { machine, native } = await start();
    const running = machine.start(['rotate', 'acme/ci']);
    const told = new Promise<string>((resolve) => {
      native.tap = async (event, { path }) => {
        if (event !== 'arrived' || path !== '/keys/revoke') return undefined;
        native.tap = undefined;
        resolve((await machine.run(['list', '--local'])).stderr);
        return undefined;
      };
    });
    expect(await told).not.toContain('resume');
    expect((await running.finished).code).toBe(0);
  });
});

describe('a process that stood still', () => {
  it('finds out before it writes that another one went on, and does no harm', async () => {
    const { machine, native, record } = await start();
    const late = machine.start(['rotate', 'acme/ci', '--json']);
    const stopped = new Promise<void>((resolve) => {
      native.tap = async (event, { method, path }) => {
        if (event !== 'answered' || method !== 'POST' || path !== '/keys') return undefined;
        native.tap = undefined;
        late.kill('SIGSTOP');
        resolve();
        return undefined;
      };
    });
    await stopped;
    const locks = join(machine.home.mcpkey, 'state/locks');
    const ago = Date.now() / 1000 - 60;
    for (const name of await readdir(locks)) await utimes(join(locks, name), ago, ago);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done', newId: 'r3' }]);
    const after = await record();
    late.kill('SIGCONT');
    const { code, stdout } = await late.finished;
    expect([code, read(stdout)[0]?.error?.code]).toEqual([1, 'conflict']);
    expect(await record()).toEqual(after);
    expect(native.living().map((key) => key.id)).toEqual(['r3']);
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });

  it('after a power cut, the next command tells of it', async () => {
    const { machine, native } = await start();
    native.faults.plant({ match: 'POST /keys/revoke', action: { kind: 'answer', status: 403, body: {} } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    const journals = join(machine.home.mcpkey, 'state/journals');
    const [name = ''] = await readdir(journals);
    const text = await machine.home.read(join(journals, name));
    await machine.home.write(join(journals, name), text.replace(/"boot":"[^"]*"/, '"boot":"before"'));
    expect((await machine.run(['list', '--local'])).stderr).not.toContain('--resume');
    await utimes(join(journals, name), new Date(), Date.now() / 1000 - 60);
    expect((await machine.run(['list', '--local'])).stderr).toContain('mcpkey rotate --resume');
    expect((await machine.run(['list', '--local', '--json'])).stderr).toBe('');
    expect((await machine.run(['list', '--local', '--quiet'])).stderr).toBe('');
  });
});

describe('words that do not go together', () => {
  it.each([
    [[]],
    [['acme/ci', '--all']],
    [['acme/ci', '--older-than', '1d']],
    [['acme/ci', '--all-profiles']],
    [['--all', '--all-profiles', '-p', 'acme']],
    [['--resume', '--all-profiles', '-p', 'acme']],
    [['--all', '--resume']],
    [['--resume', '--grace', '1h']],
    [['--all', '--stdin']],
    [['acme/ci', '--stdin']],
    [['acme/ci', '--grace', 'soon']],
    [['acme/ci', '--grace', '1h', '--order', 'revoke-first']],
    [['acme/ci', '--order', 'both']],
    [['acme/ci', '--concurrency', '0']],
    [['acme/ci', '--stop-after', 'x']],
    [['--all', '--expiring', 'soon']],
  ])('%j', async (words) => {
    const { machine, native } = await start();
    expect(await machine.fails(['rotate', ...words])).toMatchObject({ code: 'usage', exit: 2 });
    expect(native.requests).toEqual([]);
  });

  it.each([['--resume'], ['--finish'], ['--all']])('an unknown profile: %s', async (word) => {
    const { machine } = await start();
    expect(await machine.fails(['rotate', word, '-p', 'acne'])).toMatchObject({
      code: 'not_found',
      exit: 5,
      message: expect.stringContaining('acme'),
    });
  });

  it('an unknown key, with the nearest name', async () => {
    const { machine } = await start();
    expect(await machine.fails(['rotate', 'acme/cj'])).toMatchObject({
      code: 'not_found',
      exit: 5,
      message: expect.stringContaining('ci'),
    });
  });

  it('a name that fits keys of two profiles, with both', async () => {
    const { machine, native } = await start();
    const env = { MCPKEY_TOKEN: undefined, MCPKEY_ACME_TOKEN: native.token, MCPKEY_OTHER_TOKEN: native.token };
    await machine.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'other'], { env });
    await machine.run(['create', 'ci', '-p', 'other'], { env });
    const before = native.requests.length;
    const failure = await machine.fails(['rotate', 'ci'], { env });
    expect(failure).toMatchObject({ code: 'usage', exit: 2, message: expect.stringMatching(/acme\/ci.*other\/ci/s) });
    expect(native.requests.length).toBe(before);
  });

  it('a grace longer than the old key lives; --all shortens it, and says so', async () => {
    const { machine, native } = await start();
    const path = `${machine.home.mcpkey}/data/ledger/acme/ci.json`;
    const kept = JSON.parse(await machine.home.read(path));
    await machine.home.write(
      path,
      JSON.stringify({ ...kept, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }),
    );
    const [row] = read((await machine.run(['rotate', 'acme/ci', '--grace', '2h', '--json'], { code: 2 })).stdout);
    expect(row).toMatchObject({ state: 'failed', error: { code: 'usage' } });
    expect(native.requests).toEqual([]);
    for (const words of [['--dry-run'], ['--dry-run', '--json'], []]) {
      const { stderr } = await machine.run(['rotate', '--all', '--grace', '2h', ...words]);
      expect(stderr).toMatch(/acme\/ci: The old key ends on \S+Z, so it lives on for 59m instead of 2h\./);
    }
  });

  it('a key that was revoked, and one that is not stored here', async () => {
    const { machine } = await start();
    await machine.run(['revoke', 'acme/ci', '--yes']);
    expect(read((await machine.run(['rotate', 'acme/ci', '--json'], { code: 5 })).stdout)).toMatchObject([
      { state: 'failed', error: { code: 'not_found' } },
    ]);
  });

  it('nothing to resume, nothing to finish', async () => {
    const { machine } = await start();
    expect(await machine.json(ROTATED, ['rotate', '--resume', '--finish'])).toEqual([]);
    expect((await machine.run(['rotate', '--finish'])).stderr).toContain('nothing');
  });
});
