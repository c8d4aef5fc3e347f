import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from './call.ts';
import type { FaultAction } from './faults.ts';
import { type Sandbox, startSandbox } from './index.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
});
afterEach(() => sandbox.close());

const create = () => {
  const { url } = sandbox.service('generic');
  return call(`${url}/dashboard/keys`, { form: { name: 'k' }, headers: { accept: 'application/json' } });
};
const plant = (action: FaultAction, times = 1) =>
  sandbox.fault('generic', { match: 'POST /dashboard/keys', times, action });

describe('faults', () => {
  it('answers something else, as often as told, and leaves other requests alone', async () => {
    const planted = plant({ kind: 'answer', status: 503, headers: { 'retry-after': '1' }, body: { error: 'busy' } }, 2);
    expect((await call(sandbox.service('generic').dashboardUrl)).status).toBe(200);
    const answers = [await create(), await create(), await create()];
    expect(answers.map((answer) => answer.status)).toEqual([503, 503, 201]);
    expect([answers[0]?.headers.get('retry-after'), answers[0]?.body]).toEqual(['1', { error: 'busy' }]);
    expect([planted.hits, sandbox.keys('generic').length]).toEqual([2, 1]);
  });

  it('lets some pass before, and ends when removed', async () => {
    const fault = { match: /^POST .*keys/, after: 1, times: Number.POSITIVE_INFINITY };
    const planted = sandbox.fault('generic', { ...fault, action: { kind: 'html', status: 502 } });
    const seen = [(await create()).status, (await create()).status];
    planted.remove();
    expect([...seen, (await create()).status]).toEqual([201, 502, 201]);
  });

  it.each([
    ['reset', 0],
    ['lost', 1],
  ] as const)('cuts the connection: %s', async (kind, made) => {
    plant({ kind });
    await expect(create()).rejects.toThrow('fetch failed');
    expect(sandbox.keys('generic')).toHaveLength(made);
    expect(sandbox.requests.at(-1)?.status).toBe(0);
  });

  it.each([
    ['never', 0],
    ['silent', 1],
  ] as const)('says nothing: %s', async (kind, made) => {
    plant({ kind });
    const { url } = sandbox.service('generic');
    const signal = AbortSignal.timeout(300);
    await expect(fetch(`${url}/dashboard/keys`, { method: 'POST', body: 'name=k', signal })).rejects.toThrow();
    expect(sandbox.keys('generic')).toHaveLength(made);
  });

  it('sends what no client can use', async () => {
    plant({ kind: 'truncated' });
    expect((await create()).body).toBeUndefined();
    plant({ kind: 'truncated', cut: true });
    await expect(create()).rejects.toThrow('terminated');
    plant({ kind: 'huge', bytes: 3_000_000 });
    expect((await create()).text.length).toBeGreaterThan(3_000_000);
    plant({ kind: 'reshape', change: () => ({ data: [] }) });
    expect((await create()).body).toEqual({ data: [] });
    plant({ kind: 'redirect', to: 'http://127.0.0.1:9/elsewhere' });
    expect((await create()).headers.get('location')).toBe('http://127.0.0.1:9/elsewhere');
  });

  it('puts terminal escapes into what people read, and nowhere else', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ services: ['stock-data'] });
    const { url } = sandbox.service('stock-data');
    sandbox.fault('stock-data', { action: { kind: 'control-characters' }, times: 2 });
    const logIn = (password: string) =>
      call(`${url}/api/auth/login`, { json: { email: sandbox.person.email, password } });
    expect((await logIn('x')).body).toEqual({ detail: expect.stringMatching(/\u001b\[2J.*邮箱/) });
    expect((await logIn(sandbox.person.password)).body).toMatchObject({ token_type: 'bearer' });
    expect((await logIn('x')).body).toEqual({ detail: expect.stringMatching(/^邮箱/) });
  });

  it('waits', async () => {
    plant({ kind: 'delay', milliseconds: 60 });
    const start = Date.now();
    expect((await create()).status).toBe(201);
    expect(Date.now() - start).toBeGreaterThanOrEqual(55);
  });

  it('keeps every request with its headers', async () => {
    await call(`${sandbox.service('generic').url}/mcp`, {
      json: { jsonrpc: '2.0', id: 1, method: 'ping' },
      headers: { 'x-mark': 'm' },
    });
    expect(sandbox.requests).toMatchObject([
      { service: 'generic', method: 'POST', path: '/mcp', rpc: ['ping'], status: 401, headers: { 'x-mark': 'm' } },
    ]);
  });
});
