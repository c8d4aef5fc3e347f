/** Keys that cannot be ended in the usual way, and those that were made before something went wrong. */
import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SandboxOptions } from '../sandbox/index.ts';
import { ERROR, KEY } from './documents.ts';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
afterEach(() => stocked.close());
const start = async (options: SandboxOptions = {}) => {
  stocked = await startStocked(options);
  return stocked;
};

const ROWS = z.array(z.object({ ref: z.string(), id: z.string(), state: z.string(), error: z.null() }));
const STORES = z.array(z.object({ current: z.boolean(), secrets: z.number() }));
const secrets = async () =>
  (await stocked.machine.json(STORES, ['store', 'status'])).find(({ current }) => current)?.secrets ?? 0;
const CURSOR = '.cursor/mcp.json';

describe('revoke --forget', () => {
  it('asks no service, and leaves nothing of the key here', async () => {
    const { machine, sandbox, key } = await start({ stockData: { openToolsList: true } });
    await machine.run(['place', 'stock/ci', 'cursor']);
    expect(await failureOf(machine, ['revoke', 'ci', '--yes'])).toMatchObject({ code: 'partial' });
    const [since, before] = [sandbox.requests.length, await secrets()];
    const rows = await machine.json(ROWS, ['revoke', 'ci', '--forget', '--yes']);
    expect(rows).toEqual([{ ref: 'stock/ci', id: key.id, state: 'forgotten', error: null }]);
    expect(sandbox.requests.length).toBe(since);
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toEqual([]);
    await expect(machine.home.read(CURSOR)).rejects.toThrow('ENOENT');
    expect(await secrets()).toBe(before - 1);
    expect(await failureOf(machine, ['revoke', 'ci', '--forget', '--yes'])).toMatchObject({
      code: 'not_found',
      exit: 5,
    });
    // The name is free again.
    await machine.run(['create', 'ci']);
  });

  it('asks the person first, and says what it does not do', async () => {
    const { machine } = await start();
    expect(await failureOf(machine, ['revoke', 'ci', '--forget'])).toMatchObject({ code: 'usage', exit: 2 });
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toHaveLength(1);
  });
});

describe('profile remove', () => {
  it('keeps a profile that has keys, and forgets them with --force', async () => {
    const { machine, key, living } = await start();
    await machine.run(['place', 'stock/ci', 'cursor']);
    const refused = await failureOf(machine, ['profile', 'remove', 'stock']);
    expect(refused).toMatchObject({ code: 'conflict', exit: 1, hint: expect.stringContaining('--force') });
    await machine.run(['profile', 'remove', 'stock', '--force']);
    await expect(machine.home.read(CURSOR)).rejects.toThrow('ENOENT');
    expect(await machine.json(z.array(KEY), ['list', '--local', '--all-profiles'])).toEqual([]);
    expect(await machine.json(z.array(z.unknown()), ['profile', 'list'])).toEqual([]);
    expect(await machine.filesWith(key.secret)).toEqual([]);
    expect(living()).toHaveLength(1);
  });
});

describe('create --per-client', () => {
  const PER_CLIENT = ['create', '--per-client', '--place', 'claude-code', '--place', 'cursor'];

  it('tells the keys that were made before the service refused one, and how to go on', async () => {
    const { machine, sandbox, living } = await start();
    sandbox.fault('stock-data', {
      match: ({ path, text }) => path.endsWith('/create') && text.includes('laptop-cursor'),
      action: { kind: 'answer', status: 200, body: { success: false, message: '额度已满' } },
    });
    const { stdout, stderr } = await machine.run([...PER_CLIENT, '--json'], { code: 8 });
    expect(z.array(KEY).parse(JSON.parse(stdout))).toMatchObject([{ name: 'laptop-claude-code', stored: true }]);
    const error = ERROR.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error);
    expect(error).toMatchObject({ code: 'partial', message: expect.stringContaining('1 of 2 keys were made') });
    expect(error.message).toContain('额度已满');
    expect(error.hint).toContain('mcpkey create --per-client --place cursor');
    await machine.run(['create', '--per-client', '--place', 'cursor']);
    expect(living()).toHaveLength(3);
  });

  it('makes none where the first is refused', async () => {
    const { machine, sandbox, living } = await start();
    sandbox.service('stock-data').breakDatabase(true);
    expect(await failureOf(machine, PER_CLIENT)).toMatchObject({ code: 'refused', exit: 1 });
    expect(living()).toHaveLength(1);
  });

  it('is one change, which one undo puts back', async () => {
    const { machine } = await start();
    const claude = '.claude.json';
    await machine.home.write(claude, '{}');
    const { stdout } = await machine.run(PER_CLIENT);
    expect(stdout.match(/^✓ (?:claude-code|cursor): /gm)).toHaveLength(2);
    for (const path of [claude, CURSOR]) {
      expect(await machine.home.read(path)).toContain(`stock/laptop-${path === CURSOR ? 'cursor' : 'claude-code'}"`);
    }
    const log = await machine.json(z.array(z.object({ command: z.string(), undoable: z.boolean() })), ['log']);
    expect(log.filter(({ undoable }) => undoable)).toMatchObject([{ command: 'create' }]);
    await machine.run(['undo', '--yes']);
    expect(await machine.home.read(claude)).toBe('{}');
    await expect(machine.home.read(CURSOR)).rejects.toThrow('ENOENT');
  });

  it('places none where one cannot be placed, and names the keys and how to go on', async () => {
    const { machine, living } = await start();
    await machine.home.write('other.json', '{}');
    await mkdir(join(machine.home.dir, '.cursor'));
    await link(join(machine.home.dir, 'other.json'), join(machine.home.dir, CURSOR));
    const { stdout, stderr } = await machine.run([...PER_CLIENT, '--json'], { code: 8 });
    expect(z.array(KEY).parse(JSON.parse(stdout))).toMatchObject([{ placements: [] }, { placements: [] }]);
    const error = ERROR.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error);
    expect(error.hint).toContain('mcpkey place stock/laptop-claude-code claude-code');
    expect(error.hint).toContain('mcpkey place stock/laptop-cursor cursor');
    await expect(machine.home.read('.claude.json')).rejects.toThrow('ENOENT');
    expect(living()).toHaveLength(3);
  });

  it('is refused for a project, whose entry is one key’s', async () => {
    const { machine, living } = await start();
    expect(await failureOf(machine, [...PER_CLIENT, '--project'])).toMatchObject({ code: 'usage', exit: 2 });
    expect(living()).toHaveLength(1);
  });
});
