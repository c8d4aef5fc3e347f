import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, KEY, REVOKED, USAGE, VERIFY, WHO } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const CLIENTS = ['claude-code', 'claude-desktop', 'cursor'];
const CALL = { name: 'search_stocks', arguments: { query: 'bank' } };
const BEFORE = '{\n\t"mcpServers": {\n\t\t"other": {"command": "x"}\n\t},\n\t"kept": 1\n}\n';

let sandbox: Sandbox;
let machine: Machine;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  machine = await createMachine();
});
afterAll(() => sandbox.close());

const secretOf = (id: string): string => sandbox.keys('stock-data').find((key) => key.id === id)?.secret ?? 'none';

/** One story: each step stands on the one before. */
describe('stock-data, from login to revocation', () => {
  it('logs in with e-mail and password from the environment', async () => {
    const { url, mcpUrl } = sandbox.service('stock-data');
    const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
    const who = await machine.json(WHO, ['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password'], {
      env,
    });
    const expected = { profile: 'stock-data', provider: 'stock-data', account: sandbox.person.email };
    expect(who).toMatchObject({ ...expected, method: 'password', loggedIn: true });
    expect(await machine.json(z.array(WHO), ['whoami'])).toEqual([who]);
    expect(await machine.filesWith(sandbox.person.password)).toEqual([]);
  });

  it('creates a key whose secret is in no document and no file', async () => {
    const { stdout } = await machine.run(['create', 'ci', '--expires', '30d', '--json']);
    const key = KEY.parse(JSON.parse(stdout));
    const kept = sandbox.keys('stock-data').find((candidate) => candidate.id === key.id);
    const secret = secretOf(key.id);
    expect(key).toMatchObject({ ref: 'stock-data/ci', name: 'ci', status: 'active', stored: true, placements: [] });
    expect([key.label, key.prefix]).toEqual([kept?.name, secret.slice(0, 7)]);
    expect(key.label).toMatch(/^ci-mk[0-9a-f]{8}$/);
    expect(Math.round((Date.parse(key.expiresAt ?? '') - Date.parse(key.createdAt ?? '')) / 86_400_000)).toBe(30);
    expect(stdout).not.toContain(secret);
    expect(await machine.filesWith(secret)).toEqual([]);
  });

  it('lists it beside a key made elsewhere, and shows it', async () => {
    const listed = await machine.json(z.array(KEY), ['list']);
    const [key] = listed;
    expect(listed).toMatchObject([{ ref: 'stock-data/ci', stored: true, status: 'active' }]);
    expect(await machine.json(KEY, ['show', 'ci'])).toEqual(key);
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toMatchObject([{ ref: 'stock-data/ci' }]);
    const { stdout } = await machine.run(['list']);
    expect(stdout).toMatch(/ci/);
  });

  it('verifies it by tools/list with the key', async () => {
    const before = sandbox.requests.length;
    const verdict = await machine.json(VERIFY, ['verify', 'stock-data']);
    expect(verdict).toMatchObject({ ok: true, status: 200, server: { name: 'stock-data', version: '1.4.0' } });
    expect(verdict.tools).toContain('get_daily_prices');
    const asked = sandbox.requests.slice(before).find((request) => request.rpc.includes('tools/list'));
    expect(asked?.headers.authorization).toBe(`Bearer ${sandbox.keys('stock-data')[0]?.secret}`);
  });

  it('places it into three clients, and a client connects through each entry', async () => {
    await machine.home.write('.cursor/mcp.json', BEFORE);
    const changes = await machine.json(CHANGES, ['place', 'stock-data/ci', ...CLIENTS]);
    expect(changes.map((change) => [change.client, change.server, change.changed])).toEqual(
      CLIENTS.map((client) => [client, 'stock-data', true]),
    );
    for (const { path } of changes) {
      const entry = await readEntry(path, 'stock-data');
      const used = await useEntry(entry, { home: machine.home.dir, call: CALL });
      expect(used.tools, path).toContain('search_stocks');
    }
    const secret = sandbox.keys('stock-data')[0]?.secret ?? 'none';
    expect(await machine.filesWith(secret)).toEqual([]);
    expect((await machine.json(KEY, ['show', 'ci'])).placements.map((one) => one.client).sort()).toEqual(CLIENTS);
  });

  it('changes nothing when placed again', async () => {
    const changes = await machine.json(CHANGES, ['place', 'stock-data/ci', ...CLIENTS]);
    expect(changes.map((change) => change.changed)).toEqual([false, false, false]);
  });

  it('undoes the placement byte for byte', async () => {
    const undone = await machine.json(CHANGES, ['undo', '--yes']);
    expect(undone.map((change) => change.client).sort()).toEqual(CLIENTS);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(BEFORE);
    await expect(machine.home.read('.claude.json')).rejects.toThrow('ENOENT');
    expect((await machine.json(KEY, ['show', 'ci'])).placements).toEqual([]);
  });

  it('places and takes out again', async () => {
    await machine.json(CHANGES, ['place', 'ci', 'cursor']);
    expect(await machine.home.read('.cursor/mcp.json')).toContain('stock-data');
    await machine.json(CHANGES, ['unplace', 'ci', 'cursor']);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(BEFORE);
  });

  it('prints its secret to scripts, and to no coding agent', async () => {
    const secret = sandbox.keys('stock-data')[0]?.secret ?? 'none';
    expect((await machine.run(['get', 'ci'])).stdout).toBe(`${secret}\n`);
    expect(await machine.fails(['get', 'ci'], { env: { CLAUDECODE: '1' } })).toMatchObject({ code: 'usage', exit: 2 });
  });

  it('shows the usage', async () => {
    const usage = await machine.json(USAGE, ['usage', '--days', '7']);
    expect(usage).toMatchObject({ profile: 'stock-data', days: 7 });
    expect(usage.totalCalls).toBe(usage.daily.reduce((sum, day) => sum + day.calls, 0));
    expect(usage.tools.map((tool) => tool.name)).toContain('search_stocks');
    expect((await machine.run(['usage'])).stdout).toContain('search_stocks');
  });

  it('revokes it, sees it refused, and forgets it', async () => {
    const [key] = sandbox.keys('stock-data');
    await machine.json(CHANGES, ['place', 'ci', 'cursor']);
    const before = sandbox.requests.length;
    const rows = await machine.json(REVOKED, ['revoke', 'ci', '--yes']);
    expect(rows).toEqual([{ ref: 'stock-data/ci', id: key?.id, state: 'revoked', error: null }]);
    expect(key?.revoked).toBe(true);
    const after = sandbox.requests.slice(before);
    expect(after.some((request) => request.rpc.includes('tools/list') && request.status === 401)).toBe(true);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(BEFORE);
    expect(await machine.fails(['get', 'ci'])).toMatchObject({ code: 'not_found', exit: 5 });
    expect(await machine.json(REVOKED, ['revoke', 'stock-data/ci', '--yes'])).toMatchObject([{ state: 'revoked' }]);
  });

  it('keeps a history of it', async () => {
    const entry = z.object({ command: z.string(), ref: z.string().nullable(), outcome: z.string() });
    const commands = (await machine.json(z.array(entry), ['log'])).map((row) => row.command);
    expect(new Set(commands)).toEqual(new Set(['login', 'create', 'place', 'undo', 'unplace', 'get', 'revoke']));
  });

  it('logs out', async () => {
    await machine.run(['logout']);
    expect(await machine.json(z.array(WHO), ['whoami'])).toMatchObject([{ profile: 'stock-data', loggedIn: false }]);
    expect(await machine.fails(['create', 'next'])).toMatchObject({ code: 'not_logged_in', exit: 3 });
  });
});
