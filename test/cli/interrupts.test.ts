/** SIGINT, SIGTERM and SIGKILL while a key is made or revoked: exit 130, and no key that nobody knows of. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FaultAction } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { type Stocked, startStocked } from './stocked.ts';
import { errorIn, held, interrupted, never, silent } from './stopped.ts';

let stocked: Stocked;
beforeEach(async () => {
  stocked = await startStocked();
});
afterEach(() => stocked.close());

const CREATE = 'POST /api/mcp-keys/create';
const LIST = 'GET /api/mcp-keys/list';

const journals = () => readdir(join(stocked.machine.home.mcpkey, 'state/journals')).catch(() => []);
const nextKeys = () => stocked.sandbox.keys('stock-data').filter(({ name }) => name.startsWith('next-mk'));
const kept = async () =>
  (await stocked.machine.json(z.array(KEY), ['list', '--local'])).map(({ ref, stored }) => [ref, stored]);

describe('create, while the service is asked', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s: the key that was made is found and revoked', async (signal) => {
    const running = await held(stocked, ['create', 'next', '--json'], CREATE, silent);
    await expect.poll(nextKeys).toHaveLength(1);
    running.kill(signal);
    expect(errorIn(await interrupted(running)).code).toBe('interrupted');
    expect(nextKeys().map(({ revoked }) => revoked)).toEqual([true]);
    expect([await journals(), await kept()]).toEqual([[], [['stock/ci', true]]]);
    const [entry] = await stocked.machine
      .json(z.array(z.looseObject({})), ['log', '--since', '1m'])
      .then((all) => all.slice(-1));
    expect(entry).toMatchObject({ command: 'create', ref: 'stock/next', oldId: nextKeys()[0]?.id, outcome: 'failed' });
  });

  it('a request that nobody answered yet: the next command says so, and rotate --resume takes back what came of it', async () => {
    const late: FaultAction = { kind: 'delay', milliseconds: 400 };
    const running = await held(stocked, ['create', 'next'], CREATE, late);
    running.kill('SIGINT');
    expect(await interrupted(running)).toMatch(/is not known yet. Next: mcpkey rotate --resume\ninterrupted\n$/);
    await expect.poll(nextKeys, { timeout: 5_000 }).toHaveLength(1);
    expect((await stocked.machine.run(['list', '--local'])).stderr).toMatch(
      /^A creation of a key was left .* mcpkey rotate --resume$/m,
    );
    for (const quiet of ['--json', '--quiet']) {
      expect((await stocked.machine.run(['list', '--local', quiet])).stderr).toBe('');
    }
    const { stdout, stderr } = await stocked.machine.run(['rotate', '--resume']);
    expect([stdout, stderr]).toEqual(['', expect.stringMatching(/^The key "next-mk.* was revoked\.\n$/)]);
    expect([nextKeys().map(({ revoked }) => revoked), await journals()]).toEqual([[true], []]);
    expect((await stocked.machine.run(['list', '--local'])).stderr).toBe('');
  });

  it('killed outright: the next create takes back what is left, and makes its own', async () => {
    const running = await held(stocked, ['create', 'next'], CREATE, silent);
    await expect.poll(nextKeys).toHaveLength(1);
    running.kill('SIGKILL');
    await running.finished;
    expect(await journals()).toHaveLength(1);
    await stocked.machine.run(['create', 'next']);
    expect(nextKeys().map(({ revoked }) => revoked)).toEqual([true, false]);
    expect([await journals(), await kept()]).toEqual([
      [],
      [
        ['stock/ci', true],
        ['stock/next', true],
      ],
    ]);
    expect(await stocked.machine.run(['verify', 'stock/next'])).toMatchObject({ code: 0 });
  });

  it('a second signal does not wait; what is left is taken back later', async () => {
    const running = await held(stocked, ['create', 'next'], CREATE, silent);
    await expect.poll(nextKeys).toHaveLength(1);
    const list = stocked.sandbox.fault('stock-data', { match: LIST, action: never });
    running.kill('SIGINT');
    await expect.poll(() => list.hits).toBe(1);
    running.kill('SIGINT');
    await interrupted(running);
    expect(nextKeys().map(({ revoked }) => revoked)).toEqual([false]);
    await stocked.machine.run(['rotate', '--resume']);
    expect([nextKeys().map(({ revoked }) => revoked), await journals()]).toEqual([[true], []]);
  });

  it('where the service cannot be asked, rotate --resume says so and tries again later', async () => {
    const running = await held(stocked, ['create', 'next'], CREATE, silent);
    await expect.poll(nextKeys).toHaveLength(1);
    running.kill('SIGKILL');
    await running.finished;
    const down = stocked.sandbox.fault('stock-data', { match: LIST, times: 9, action: { kind: 'html', status: 502 } });
    const failed = await stocked.machine.run(['rotate', '--resume', '--json'], { code: 8 });
    expect(JSON.parse(failed.stdout)).toMatchObject([
      { ref: 'stock/next', state: 'resumable', error: { code: 'server_error' } },
    ]);
    down.remove();
    // An unreadable database looks like an empty list, which proves nothing.
    stocked.sandbox.service('stock-data').breakDatabase(true);
    const blind = await stocked.machine.run(['rotate', '--resume', '--json'], { code: 8 });
    expect(JSON.parse(blind.stdout)).toMatchObject([{ error: { code: 'bad_response' } }]);
    stocked.sandbox.service('stock-data').breakDatabase(false);
    await stocked.machine.run(['rotate', '--resume']);
    expect([nextKeys().map(({ revoked }) => revoked), await journals()]).toEqual([[true], []]);
  });

  it('setup is interrupted likewise, and goes on from there', async () => {
    await stocked.machine.run(['revoke', 'stock/ci', '--yes']);
    const setup = ['setup', 'stock', '--place', 'cursor', '--key', 'next', '--json'];
    const running = await held(stocked, setup, CREATE, silent);
    await expect.poll(nextKeys).toHaveLength(1);
    running.kill('SIGTERM');
    expect(errorIn(await interrupted(running)).code).toBe('interrupted');
    expect([nextKeys().map(({ revoked }) => revoked), await journals()]).toEqual([[true], []]);
    await expect(stocked.machine.home.read('.cursor/mcp.json')).rejects.toThrow('ENOENT');
    const { stdout } = await stocked.machine.run(setup);
    expect(JSON.parse(stdout)).toMatchObject([{ key: 'stock/next', state: 'ready' }]);
  });
});

it('revoke, whose answer was on its way, is ended by another one', async () => {
  const running = await held(stocked, ['revoke', 'stock/ci', '--yes'], 'POST /api/mcp-keys/revoke', silent);
  await expect.poll(() => stocked.key.revoked).toBe(true);
  running.kill('SIGINT');
  await interrupted(running);
  expect(await kept()).toEqual([['stock/ci', true]]);
  const rows = await stocked.machine.json(z.array(z.looseObject({})), ['revoke', 'stock/ci', '--yes']);
  expect([rows, await kept()]).toMatchObject([[{ state: 'revoked' }], [['stock/ci', false]]]);
});
