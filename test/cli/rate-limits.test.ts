/** Limits: how long a service asks to wait is read in each form, short waits are waited, long ones are told at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
});
afterAll(() => stocked.close());

const COMMANDS = [
  ['login', 'POST /api/auth/login'],
  ['create', 'POST /api/mcp-keys/create'],
  ['list', 'GET /api/mcp-keys/list'],
  ['revoke', 'POST /api/mcp-keys/revoke'],
  ['usage', 'GET /api/mcp-usage/stats'],
  ['verify', 'POST /messages'],
] as const;
type Id = (typeof COMMANDS)[number][0];

const argsOf = (id: Id, key: string): readonly string[] => {
  if (id === 'login') return stocked.login;
  if (id === 'create') return ['create', key];
  if (id === 'revoke') return ['revoke', key, '--yes'];
  return id === 'verify' ? ['verify', 'stock/ci'] : [id];
};

const limit = (match: string, headers: Record<string, string>, times: number) =>
  stocked.sandbox.fault('stock-data', {
    match,
    times,
    action: { kind: 'answer', status: 429, headers, body: { detail: '太快' } },
  });

describe('a wait of an hour is not waited', () => {
  it.each(COMMANDS)('%s', async (id, match) => {
    const planted = limit(match, { 'retry-after': '3600' }, Number.POSITIVE_INFINITY);
    const failure = await failureOf(stocked.machine, argsOf(id, id === 'create' ? 'long' : 'ci'), {
      env: stocked.credentials,
    });
    const { hits } = planted;
    planted.remove();
    expect(failure).toMatchObject({
      code: 'rate_limited',
      exit: 6,
      status: 429,
      retryAfter: 3600,
      provider: 'stock-data',
    });
    expect(failure.hint).toContain('--max-wait');
    expect([failure.message, hits]).toEqual([expect.stringContaining('太快'), 1]);
  });
});

describe('a short wait is waited, and the work is done once', () => {
  it.each(COMMANDS)('%s', async (id, match) => {
    const { machine, sandbox, credentials } = stocked;
    const planted = limit(match, { 'retry-after': '1' }, 1);
    const since = sandbox.requests.length;
    await machine.run(argsOf(id, 'short'), { env: credentials });
    const [first, second] = sandbox.requests.slice(since).filter(({ method, path }) => `${method} ${path}` === match);
    expect(planted.hits).toBe(1);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('how long', () => {
  const SLACK = 5;
  it.each<[string, () => Record<string, string>, number]>([
    ['Retry-After in seconds', () => ({ 'retry-after': '900' }), 900],
    ['Retry-After as a date', () => ({ 'retry-after': new Date(Date.now() + 900_000).toUTCString() }), 900],
    ['X-RateLimit-Reset in seconds from now', () => ({ 'x-ratelimit-reset': '900' }), 900],
    [
      'X-RateLimit-Reset in seconds since 1970',
      () => ({ 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 900) }),
      900,
    ],
    [
      'X-RateLimit-Reset in milliseconds since 1970',
      () => ({ 'x-ratelimit-reset': String(Date.now() + 900_000) }),
      900,
    ],
    ['Retry-After goes before X-RateLimit-Reset', () => ({ 'retry-after': '900', 'x-ratelimit-reset': '7' }), 900],
  ])('%s, at the key API and at the MCP endpoint', async (_name, headers, seconds) => {
    for (const id of ['list', 'verify'] as const) {
      const planted = limit(id === 'list' ? 'GET /api/mcp-keys/list' : 'POST /messages', headers(), 9);
      const { exit, retryAfter } = await failureOf(stocked.machine, argsOf(id, 'ci'));
      planted.remove();
      expect([id, exit]).toEqual([id, 6]);
      expect(Math.abs((retryAfter ?? 0) - seconds), String(retryAfter)).toBeLessThanOrEqual(SLACK);
    }
  });

  it('--max-wait bounds it, either way', async () => {
    const { machine } = stocked;
    limit('GET /api/mcp-keys/list', { 'retry-after': '2' }, 1);
    expect(await failureOf(machine, ['list', '--max-wait', '1s'])).toMatchObject({ exit: 6, retryAfter: 2 });
    stocked.sandbox.clearFaults();
  });

  it('a limit without any word is tried three times, then told without one', async () => {
    const { machine, sandbox } = stocked;
    const planted = limit('GET /api/mcp-keys/list', {}, 9);
    expect(await failureOf(machine, ['list'])).toMatchObject({ code: 'rate_limited', exit: 6, retryAfter: null });
    expect(planted.hits).toBe(3);
    sandbox.clearFaults();
  });

  it('a service that is away says when it comes back', async () => {
    const { machine, sandbox } = stocked;
    const headers = { 'retry-after': '600' };
    sandbox.fault('stock-data', {
      match: 'GET /api/mcp-keys/list',
      times: 9,
      action: { kind: 'answer', status: 503, headers },
    });
    expect(await failureOf(machine, ['list'])).toMatchObject({
      code: 'server_error',
      exit: 9,
      status: 503,
      retryAfter: 600,
    });
    sandbox.clearFaults();
  });
});
