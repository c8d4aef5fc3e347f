import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bearer, call, HELLO, RPC_ERROR, read, rpc, toolNames } from './call.ts';
import { type Sandbox, startSandbox } from './index.ts';
import type { StockDataOptions } from './stock-data.ts';

const LOGIN = z.object({ access_token: z.string(), token_type: z.literal('bearer'), expires_in: z.number() });
const CREATED = z.object({ success: z.boolean(), api_key: z.string(), key_id: z.string(), created_at: z.string() });
const LISTED = z.object({ keys: z.array(z.object({ id: z.string(), key_name: z.string() })), total: z.number() });
const DONE = z.object({ success: z.boolean(), message: z.string() });

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function start(stockData: StockDataOptions = {}) {
  sandbox = await startSandbox({ services: ['stock-data'], stockData });
  const { url, mcpUrl } = sandbox.service('stock-data');
  const { email, password } = sandbox.person;
  const login = read(LOGIN, await call(`${url}/api/auth/login`, { json: { email, password } }));
  const headers = bearer(login.access_token);
  const create = (json: unknown) => call(`${url}/api/mcp-keys/create`, { json, headers });
  return { url, mcpUrl, headers, create, list: () => call(`${url}/api/mcp-keys/list`, { headers }) };
}

describe('stock-data', () => {
  it('logs in with the made-up password alone', async () => {
    const { url } = await start();
    const wrong = await call(`${url}/api/auth/login`, { json: { email: sandbox.person.email, password: 'x' } });
    expect([wrong.status, typeof read(z.object({ detail: z.string() }), wrong).detail]).toEqual([401, 'string']);
    const partial = await call(`${url}/api/auth/login`, { json: { email: 'a' } });
    const detail = z.object({
      detail: z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
    });
    expect([partial.status, read(detail, partial).detail[0]?.loc]).toEqual([422, ['body', 'password']]);
  });

  it('creates, lists and revokes, with key_id here and id there', async () => {
    const { url, headers, create, list } = await start();
    const made = read(CREATED, await create({ key_name: 'ci', expires_days: 90 }));
    expect(made.api_key).toMatch(/^sk-[0-9a-f]{64}$/);
    expect(made.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    expect(read(LISTED, await list())).toMatchObject({ keys: [{ id: made.key_id, key_name: 'ci' }], total: 1 });
    const revoke = () => call(`${url}/api/mcp-keys/revoke`, { json: { key_id: made.key_id }, headers });
    expect(read(DONE, await revoke()).success).toBe(true);
    expect(read(LISTED, await list()).keys).toEqual([]);
    const again = await revoke();
    expect([again.status, read(DONE, again).success]).toEqual([200, false]);
  });

  it('says no with HTTP 200: a name taken, a broken database, whose list looks empty', async () => {
    const { create, list } = await start();
    await create({ key_name: 'ci', expires_days: null });
    const twice = await create({ key_name: 'ci', expires_days: null });
    expect([twice.status, read(DONE, twice).success]).toEqual([200, false]);
    sandbox.service('stock-data').breakDatabase(true);
    expect(read(DONE, await create({ key_name: 'other' })).success).toBe(false);
    expect(read(LISTED, await list())).toEqual({ keys: [], total: 0 });
  });

  it('refuses a term of 366 days and a name of 101 characters', async () => {
    const { create } = await start();
    expect((await create({ key_name: 'ci', expires_days: 366 })).status).toBe(422);
    expect((await create({ key_name: 'x'.repeat(101), expires_days: 1 })).status).toBe(422);
  });

  it('has versions without the key routes', async () => {
    const { create, list } = await start({ mountKeys: false });
    expect([(await create({ key_name: 'ci' })).status, (await list()).status]).toEqual([404, 404]);
  });

  it('takes no login that has ended', async () => {
    const { list } = await start({ tokenLifetime: -1 });
    expect((await list()).status).toBe(401);
  });

  it('greets everybody and shows its tools to key holders', async () => {
    const { mcpUrl, create } = await start();
    expect((await rpc(mcpUrl, 'initialize', HELLO)).status).toBe(200);
    const missing = await rpc(mcpUrl, 'tools/list', {});
    expect([missing.status, read(RPC_ERROR, missing).error.message]).toEqual([
      401,
      expect.stringMatching(/^API key required/),
    ]);
    const wrong = await rpc(mcpUrl, 'tools/list', {}, bearer('sk-no'));
    expect([wrong.status, read(RPC_ERROR, wrong)]).toEqual([
      401,
      { id: 7, error: { code: -32001, message: 'Invalid or expired API key' } },
    ]);
    const { api_key } = read(CREATED, await create({ key_name: 'ci' }));
    expect(toolNames(await rpc(mcpUrl, 'tools/list', {}, bearer(api_key)))).toContain('get_daily_prices');
    await rpc(mcpUrl, 'tools/call', { name: 'search_stocks', arguments: { query: 'x' } }, bearer(api_key));
  });

  it('has versions that list their tools to anybody', async () => {
    const { mcpUrl } = await start({ openToolsList: true });
    expect((await rpc(mcpUrl, 'tools/list', {})).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/call', { name: 'search_stocks', arguments: { query: 'x' } })).status).toBe(401);
  });

  it('counts calls', async () => {
    const { url, mcpUrl, headers, create } = await start();
    const { api_key } = read(CREATED, await create({ key_name: 'ci' }));
    const stats = z.object({ total_calls: z.number(), daily_stats: z.array(z.object({ call_count: z.number() })) });
    const before = read(stats, await call(`${url}/api/mcp-usage/stats?days=30`, { headers }));
    await rpc(mcpUrl, 'tools/call', { name: 'search_stocks', arguments: { query: 'x' } }, bearer(api_key));
    const after = read(stats, await call(`${url}/api/mcp-usage/stats?days=30`, { headers }));
    expect(after.total_calls).toBe(before.total_calls + 1);
    const history = z.object({
      records: z.array(z.object({ tool_name: z.string() })),
      total: z.number(),
      page: z.number(),
    });
    const page = read(history, await call(`${url}/api/mcp-usage/history?page=1&page_size=2`, { headers }));
    expect([page.records.length, page.records[0]?.tool_name, page.total]).toEqual([
      2,
      'search_stocks',
      after.total_calls,
    ]);
    expect((await call(`${url}/api/mcp-usage/stats?days=366`, { headers })).status).toBe(422);
  });
});
