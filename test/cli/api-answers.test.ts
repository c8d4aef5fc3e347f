/** Answers of another shape than documented, and texts that would do something to a terminal. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fieldOf } from '../sandbox/request.ts';
import { KEY, USAGE, VERIFY } from './documents.ts';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
});
afterEach(() => stocked.sandbox.clearFaults());
afterAll(() => stocked.close());

type Change = (body: unknown) => unknown;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
/** The answer with the member at `path` changed; `undefined` takes it away. */
function having(path: string, value: unknown): Change {
  const [name = '', ...rest] = path.split('/');
  return (body) => {
    if (path === '') return value;
    if (Array.isArray(body))
      return body.map((item, index) => (String(index) === name ? having(rest.join('/'), value)(item) : item));
    return { ...(isObject(body) ? body : {}), [name]: having(rest.join('/'), value)(fieldOf(body, name)) };
  };
}
const reshape = (match: string, change: Change, times = 9) =>
  stocked.sandbox.fault('stock-data', { match, times, action: { kind: 'reshape', change } });

const LIST = 'GET /api/mcp-keys/list';
const STATS = 'GET /api/mcp-usage/stats';
const HISTORY = 'GET /api/mcp-usage/history';

describe('a wrong shape is bad_response, names the place, and nothing comes of it', () => {
  it.each<[match: string, path: string, value: unknown, says: string]>([
    [LIST, 'keys', undefined, '/keys'],
    [LIST, 'keys', { 0: 'x' }, '/keys'],
    [LIST, 'keys/0', null, '/id'],
    [LIST, 'keys/0', 'ci', '/id'],
    [LIST, 'keys/0/id', undefined, '/id'],
    [LIST, 'keys/0/id', ['42'], '/id'],
    [LIST, 'keys/0/key_name', { name: 'x' }, '/key_name'],
    [LIST, 'keys/0/created_at', 'yesterday', '/created_at'],
    [LIST, 'keys/0/expires_at', 1_800_000_000, '/expires_at'],
    [LIST, 'keys/0/last_used_at', true, '/last_used_at'],
    [STATS, 'total_calls', '12', '/total_calls'],
    [STATS, 'daily_stats', undefined, '/daily_stats'],
    [STATS, 'daily_stats', [{ date: '2026-11-20', call_count: -1, total_records: 0 }], '/call_count'],
    [STATS, 'daily_stats', [{ date: 'Friday', call_count: 1, total_records: 0 }], '/date'],
    [STATS, 'top_tools', [{ call_count: 3 }], '/tool_name'],
    [HISTORY, 'records', 'none', '/records'],
    [HISTORY, 'records', [7], '/records'],
  ])('%s %s: %j', async (match, path, value, says) => {
    reshape(match, having(path, value));
    const failure = await failureOf(stocked.machine, match === LIST ? ['list'] : ['usage', '--history']);
    expect(failure).toMatchObject({ code: 'bad_response', exit: 1, provider: 'stock-data' });
    expect(failure.message).toContain(says);
    expect(failure.hint).toMatch(/\w{3}/);
  });

  it('a revocation that says neither yes nor no', async () => {
    const { sandbox, machine, key } = stocked;
    const action = { kind: 'answer', status: 200, body: { message: 'ok' } } as const;
    sandbox.fault('stock-data', { match: 'POST /api/mcp-keys/revoke', action });
    const failure = await failureOf(machine, ['revoke', 'ci', '--yes']);
    expect(failure).toMatchObject({ code: 'bad_response', exit: 1, message: expect.stringContaining('/success') });
    expect([key.revoked, (await machine.json(KEY, ['show', 'stock/ci'])).status]).toEqual([false, 'active']);
  });

  it.each<[path: string, value: unknown]>([
    ['key_id', undefined],
    ['key_id', { id: 1 }],
    ['api_key', 17],
    ['api_key', ''],
    ['created_at', 'now'],
    ['success', 'yes'],
  ])('create %s: %j leaves no key', async (path, value) => {
    const { machine, living } = stocked;
    reshape('POST /api/mcp-keys/create', having(path, value));
    const failure = await failureOf(machine, ['create', 'next']);
    expect(failure.exit, failure.message).toBe(1);
    expect(failure.hint).toMatch(/\w{3}/);
    const made = living().filter((name) => name.startsWith('next'));
    // What the service itself calls a failure is believed.
    expect(made).toHaveLength(path === 'success' ? 1 : 0);
    expect((await machine.json(z.array(KEY), ['list', '--local'])).map(({ name }) => name)).toEqual(['ci']);
  });

  it.each<[rpc: string, path: string, value: unknown]>([
    ['initialize', 'result', undefined],
    ['initialize', '', [1]],
    ['tools/list', 'result/tools', undefined],
    ['tools/list', 'result/tools', 'all'],
    ['tools/list', 'result', 5],
  ])('verify, %s %s: %j', async (rpc, path, value) => {
    const id = rpc === 'initialize' ? 1 : 2;
    const good = {
      jsonrpc: '2.0',
      id,
      result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, tools: [] },
    };
    const body = having(path, value)(good);
    stocked.sandbox.fault('stock-data', {
      match: `POST /messages ${rpc}`,
      times: 9,
      action: { kind: 'answer', status: 200, body },
    });
    const failure = await failureOf(stocked.machine, ['verify', 'stock/ci']);
    expect(failure).toMatchObject({ code: 'bad_response', exit: 1, provider: 'stock-data' });
    expect(failure.hint).toContain('mcpkey profile show');
  });

  it('a login without a token', async () => {
    const { machine, login, credentials } = stocked;
    for (const value of [undefined, 17, '', null]) {
      reshape('POST /api/auth/login', having('access_token', value), 1);
      const failure = await failureOf(machine, login, { env: credentials });
      expect(failure).toMatchObject({ code: 'bad_response', exit: 1, provider: 'stock-data' });
    }
    await machine.run(['list']);
  });
});

it('what is missing and not needed is unknown', async () => {
  const { machine } = stocked;
  for (const field of ['is_active', 'last_used_at', 'created_at', 'api_key_prefix']) {
    reshape(LIST, having(`keys/0/${field}`, undefined), 1);
    const [key] = await machine.json(z.array(KEY), ['list']);
    expect(key).toMatchObject({ name: 'ci', status: field === 'is_active' ? 'unknown' : 'active' });
  }
});

describe('texts of a server', () => {
  const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it('reach no terminal with control characters, and JSON as they are', async () => {
    const { machine, sandbox, login } = stocked;
    const everything = () =>
      sandbox.fault('stock-data', { times: Number.POSITIVE_INFINITY, action: { kind: 'control-characters' } });
    everything();
    for (const args of [
      ['list'],
      ['show', 'stock/ci'],
      ['usage', '--history'],
      ['create', 'odd'],
      ['list', '--local'],
    ]) {
      const { stdout, stderr } = await machine.run(args);
      expect(stdout + stderr, args.join(' ')).not.toMatch(HARMFUL);
    }
    const wrong = await machine.run(login, {
      env: { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: 'wrong' },
      code: 3,
    });
    expect(wrong.stderr).toContain('邮箱或密码错误');
    expect(wrong.stdout + wrong.stderr).not.toMatch(HARMFUL);
    const { stdout } = await machine.run(['list', '--json']);
    expect(stdout).not.toMatch(HARMFUL);
    expect(z.array(KEY).parse(JSON.parse(stdout))[0]?.label).toContain('\u001b[2J');
  });

  it('names of a server and its tools among them', async () => {
    const { machine, sandbox } = stocked;
    const result = {
      protocolVersion: '2025-11-25\u0007',
      capabilities: {},
      serverInfo: { name: 'good\u001b]0;owned\u0007', version: '1\u202e2' },
      tools: [{ name: 'read\u001b[31m' }, { name: 'write\r\n', inputSchema: {} }],
    };
    for (const [id, rpc] of [
      [1, 'initialize'],
      [2, 'tools/list'],
    ] as const) {
      const body = { jsonrpc: '2.0', id, result };
      sandbox.fault('stock-data', {
        match: `POST /messages ${rpc}`,
        times: 2,
        action: { kind: 'answer', status: 200, body },
      });
    }
    const { stdout } = await machine.run(['verify', 'stock/ci']);
    expect([stdout, HARMFUL.test(stdout)]).toEqual([expect.stringContaining('good'), false]);
    const found = await machine.json(VERIFY, ['verify', 'stock/ci']);
    expect(found.tools).toEqual(result.tools.map(({ name }) => name));
  });

  it('in Chinese are shown as they are, and decide nothing', async () => {
    const { machine, sandbox } = stocked;
    await machine.run(['create', '行情-密钥']);
    expect((await machine.run(['list'])).stdout).toContain('行情-密钥');
    sandbox.service('stock-data').endLogins();
    const failure = await failureOf(machine, ['list']);
    expect(failure).toMatchObject({ code: 'invalid_token', exit: 3, message: expect.stringContaining('登录已过期') });
    expect(failure.hint).toContain('mcpkey login stock');
  });
});

it('usage figures are read whole', async () => {
  const { machine, login, credentials } = stocked;
  await machine.run(login, { env: credentials });
  expect(await machine.json(USAGE, ['usage', '--history'])).toMatchObject({ profile: 'stock' });
});
