/** The one-shot and the listing of several profiles, where one of the services goes wrong: what was done stays, the rest is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FaultAction, type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY, SETUP } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf } from './stocked.ts';

let sandbox: Sandbox;
let machine: Machine;
let where: readonly string[];
let setup: readonly string[];
let env: Record<string, string>;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('stock-data');
  where = ['stock-data', '--url', url, '--mcp-url', mcpUrl];
  setup = ['setup', ...where, '--place', 'cursor'];
  env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
});
afterEach(() => sandbox.close());

describe('setup', () => {
  it.each<[string, match: string, FaultAction, code: string, exit: number, keys: number]>([
    [
      'the login',
      'POST /api/auth/login',
      { kind: 'answer', status: 401, body: { detail: '不行' } },
      'not_logged_in',
      3,
      0,
    ],
    ['the key', 'POST /api/mcp-keys/create', { kind: 'answer', status: 403, body: {} }, 'insufficient_scope', 4, 0],
    [
      'the key, limited',
      'POST /api/mcp-keys/create',
      { kind: 'answer', status: 429, headers: { 'retry-after': '900' } },
      'rate_limited',
      6,
      0,
    ],
    ['the probe', '/messages', { kind: 'html' }, 'bad_response', 1, 1],
  ])(
    'that fails at %s is told in its row, and goes on from there when run again',
    async (_name, match, action, code, exit, keys) => {
      const planted = sandbox.fault('stock-data', { match, times: Number.POSITIVE_INFINITY, action });
      const [row] = await machine.json(SETUP, setup, { env, code: exit });
      expect(row).toMatchObject({ state: 'failed', error: { code, provider: 'stock-data' } });
      expect(row?.error?.hint).toMatch(/\w{3}/);
      expect(sandbox.keys('stock-data')).toHaveLength(keys);
      planted.remove();
      const [done] = await machine.json(SETUP, setup, { env });
      expect(done).toMatchObject({ state: 'ready', error: null });
      expect(sandbox.keys('stock-data')).toHaveLength(1);
    },
  );
});

describe('list --all-profiles', () => {
  const ALL = ['list', '--all-profiles'];
  beforeEach(async () => {
    await machine.run(['login', ...where, '--password'], { env });
    await machine.run(['create', 'k']);
    const nowhere = ['--url', 'https://stock.invalid', '--mcp-url', 'https://stock.invalid/messages'];
    await machine.run(['profile', 'add', 'stock-data', '-p', 'away', ...nowhere]);
  });

  it('shows the others where one cannot be asked: one document, and exit 8', async () => {
    const token = { MCPKEY_AWAY_TOKEN: ['made', 'up'].join('-') };
    const { stdout, stderr } = await machine.run([...ALL, '--json'], { env: token, code: 8 });
    expect(z.array(KEY).parse(JSON.parse(stdout))).toMatchObject([{ profile: 'stock-data', stored: true }]);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'partial', message: expect.stringMatching(/away:.*DNS/) },
    });
    const shown = await machine.run(ALL, { env: token, code: 8 });
    expect([shown.stdout, shown.stderr]).toEqual([
      expect.stringContaining('stock-data'),
      expect.stringContaining('away'),
    ]);
  });

  it('prints no list where none can be asked', async () => {
    await machine.run(['logout', 'stock-data']);
    expect(await failureOf(machine, ALL)).toMatchObject({ code: 'not_logged_in', exit: 3 });
  });
});
