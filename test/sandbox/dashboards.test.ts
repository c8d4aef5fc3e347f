import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bearer, call, HELLO, read, rpc, toolNames } from './call.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './index.ts';

let sandbox: Sandbox;
afterEach(() => sandbox.close());

const start = async (options: SandboxOptions) => {
  sandbox = await startSandbox(options);
};
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const CLOUD_ERROR = z.object({ error: z.object({ code: z.string(), message: z.string(), type: z.string() }) });

describe('mcp-cloud', () => {
  it('takes the keys that a person made, with their scopes and addresses', async () => {
    await start({ services: ['mcp-cloud'] });
    const { mcpUrl, dashboard } = sandbox.service('mcp-cloud');
    const all = dashboard.create({ name: 'default' });
    const some = dashboard.create({ name: 'models', scopes: ['models:read'] });
    const far = dashboard.create({ name: 'far', allowedIps: ['10.0.0.0/8'] });
    const near = dashboard.create({ name: 'near', allowedIps: ['127.0.0.0/8'] });
    expect(all.secret).toMatch(/^mcp_sk_[A-Za-z0-9]{32}$/);
    expect(toolNames(await rpc(mcpUrl, 'tools/list', {}, bearer(all.secret)))).toContain('create_chat');
    const chat = { name: 'create_chat', arguments: { message: 'hi' } };
    const refused = await rpc(mcpUrl, 'tools/call', chat, bearer(some.secret));
    expect([refused.status, read(CLOUD_ERROR, refused).error.type]).toEqual([403, 'permission_error']);
    expect((await rpc(mcpUrl, 'tools/call', chat, bearer(all.secret))).status).toBe(200);
    expect((await rpc(mcpUrl, 'initialize', HELLO, bearer(far.secret))).status).toBe(403);
    expect((await rpc(mcpUrl, 'initialize', HELLO, bearer(near.secret))).status).toBe(200);
    dashboard.revoke(all.id);
    const dead = await rpc(mcpUrl, 'initialize', HELLO, bearer(all.secret));
    expect([dead.status, read(CLOUD_ERROR, dead).error.code]).toEqual([401, 'invalid_api_key']);
  });

  it('checks signatures where they are wanted', async () => {
    await start({ services: ['mcp-cloud'], mcpCloud: { signing: true } });
    const { mcpUrl, dashboard } = sandbox.service('mcp-cloud');
    const { secret } = dashboard.create({ name: 'signed' });
    const send = async (timestamp: number, signedBody: string) => {
      const signature = createHmac('sha256', secret).update(`${timestamp}.${signedBody}`).digest('hex');
      const headers = { 'x-mcp-timestamp': String(timestamp), 'x-mcp-signature': signature };
      const accept = 'application/json, text/event-stream';
      return (await call(mcpUrl, { json: LIST, headers: { accept, ...bearer(secret), ...headers } })).status;
    };
    const now = Math.floor(Date.now() / 1000);
    expect(await send(now, JSON.stringify(LIST))).toBe(200);
    expect(await send(now, `${JSON.stringify(LIST)} `)).toBe(401);
    expect(await send(now - 301, JSON.stringify(LIST))).toBe(401);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(secret))).status).toBe(401);
  });

  it('limits by plan', async () => {
    await start({ services: ['mcp-cloud'], mcpCloud: { plan: 'free' } });
    const { mcpUrl, dashboard } = sandbox.service('mcp-cloud');
    const { secret } = dashboard.create({ name: 'busy' });
    const statuses = await Promise.all(
      Array.from({ length: 11 }, () => rpc(mcpUrl, 'initialize', HELLO, bearer(secret))),
    );
    expect(statuses.filter((answered) => answered.status === 429)).toHaveLength(1);
  });
});

describe('investra', () => {
  it('takes keys and tokens, and tells where tokens come from', async () => {
    await start({ services: ['investra'] });
    const { mcpUrl, dashboard } = sandbox.service('investra');
    const { secret } = dashboard.create({ name: 'key' });
    expect(secret).toMatch(/^inv_[A-Za-z0-9]+$/);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(secret))).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(await sandbox.token(mcpUrl, 'mcp:read')))).status).toBe(200);
    const refused = await rpc(mcpUrl, 'tools/list', {});
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('/api/mcp"'),
    ]);
  });

  it('never answers a body that is no JSON-RPC', async () => {
    await start({ services: ['investra'] });
    const { mcpUrl } = sandbox.service('investra');
    const waiting = fetch(mcpUrl, { method: 'POST', body: '{}', signal: AbortSignal.timeout(200) });
    await expect(waiting).rejects.toThrow(/timeout|aborted/);
  });

  it.each([
    ['allowed', 2],
    ['refused', 1],
  ] as const)('a second key: %s', async (secondKey, expected) => {
    await start({ services: ['investra'], investra: { secondKey } });
    const { dashboard } = sandbox.service('investra');
    dashboard.create({ name: 'one' });
    if (expected === 2) dashboard.create({ name: 'two' });
    else expect(() => dashboard.create({ name: 'two' })).toThrow('one active API key');
    expect(sandbox.keys('investra')).toHaveLength(expected);
  });

  it('says in Retry-After how long to wait', async () => {
    await start({ services: ['investra'], investra: { limit: { requests: 0, window: 5000 } } });
    const { mcpUrl, dashboard } = sandbox.service('investra');
    const limited = await rpc(mcpUrl, 'tools/list', {}, bearer(dashboard.create({ name: 'k' }).secret));
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '5']);
  });
});

describe('the dashboard page', () => {
  it('makes and revokes keys for people at a browser', async () => {
    await start({ services: ['generic'] });
    const { url, mcpUrl, urlFor } = sandbox.service('generic');
    const form = { name: 'mine', scopes: '', days: '30' };
    const made = await call(`${url}/dashboard/keys`, { form, headers: { accept: 'application/json' } });
    const { id, key } = read(z.object({ id: z.string(), key: z.string() }), made);
    expect((await call(`${url}/dashboard`)).text).not.toContain(key);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(key))).status).toBe(200);
    expect((await rpc(urlFor('X-Acme-Key'), 'tools/list', {}, { 'x-acme-key': key })).status).toBe(200);
    expect((await rpc(urlFor('X-Acme-Key'), 'tools/list', {}, bearer(key))).status).toBe(401);
    expect((await call(`${url}/dashboard/revoke`, { form: { id } })).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(key))).status).toBe(401);
    expect((await call(`${url}/.well-known/oauth-protected-resource`)).status).toBe(404);
  });
});
