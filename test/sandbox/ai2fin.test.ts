import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Answered, bearer, call, HELLO, RPC_ERROR, read, rpc, toolNames } from './call.ts';
import { type Sandbox, startSandbox } from './index.ts';

const CREATED = z.object({ id: z.string(), key: z.string(), scopes: z.array(z.string()), expiresAt: z.iso.datetime() });
const ROW = z.object({ id: z.string(), isActive: z.boolean(), lastUsedAt: z.string().nullable() });
const READ_ONLY = 'mcp:read';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['ai2fin'] });
});
afterEach(() => sandbox.close());

const errorType = (answered: Answered) => read(RPC_ERROR, answered).error.data?.errorType;
const CALL_WRITE = { name: 'delete_expense', arguments: { id: '1' } };

async function create(json: unknown, path = '/api/api-keys'): Promise<Answered> {
  const { url, mcpUrl } = sandbox.service('ai2fin');
  return call(`${url}${path}`, { json, headers: bearer(await sandbox.token(mcpUrl, READ_ONLY)) });
}

describe('ai2fin', () => {
  it('leads from its 401 to the authorization server', async () => {
    const { mcpUrl } = sandbox.service('ai2fin');
    const refused = await rpc(mcpUrl, 'initialize', HELLO);
    const metadata = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1];
    const document = z.object({ resource: z.string(), authorization_servers: z.array(z.string()) });
    const found = read(document, await call(metadata ?? ''));
    expect([refused.status, found]).toEqual([
      401,
      { resource: mcpUrl, authorization_servers: [sandbox.issuer.issuer] },
    ]);
  });

  it('takes tokens at /mcp and keys at /mcp/inspector, not the other way round', async () => {
    const { mcpUrl, inspectorUrl } = sandbox.service('ai2fin');
    const token = await sandbox.token(mcpUrl, READ_ONLY);
    const { key } = read(CREATED, await create({ name: 'ci', scopes: [READ_ONLY] }));
    expect(toolNames(await rpc(mcpUrl, 'tools/list', {}, bearer(token)))).toContain('list_transactions');
    expect(toolNames(await rpc(inspectorUrl, 'tools/list', {}, { 'x-api-key': key }))).toContain('list_transactions');
    expect((await rpc(inspectorUrl, 'tools/list', {}, bearer(key))).status).toBe(200);
    expect(errorType(await rpc(mcpUrl, 'tools/list', {}, bearer(key)))).toBe('INVALID_TOKEN');
    expect(errorType(await rpc(inspectorUrl, 'tools/list', {}, bearer(token)))).toBe('INVALID_API_KEY');
  });

  it('lets only mcp:full write', async () => {
    const { inspectorUrl } = sandbox.service('ai2fin');
    const reader = read(CREATED, await create({ name: 'reader', scopes: [READ_ONLY] }));
    const writer = read(CREATED, await create({ name: 'writer', scopes: ['mcp:full'] }));
    const refused = await rpc(inspectorUrl, 'tools/call', CALL_WRITE, { 'x-api-key': reader.key });
    expect([refused.status, errorType(refused)]).toEqual([403, 'INSUFFICIENT_SCOPE']);
    expect((await rpc(inspectorUrl, 'tools/call', CALL_WRITE, { 'x-api-key': writer.key })).status).toBe(200);
  });

  it('creates with a term of 90 days and the default scope, and lists a bare array', async () => {
    const { url, mcpUrl } = sandbox.service('ai2fin');
    const made = read(CREATED, await create({ name: 'ci' }));
    expect(made).toMatchObject({ key: expect.stringMatching(/^mcp_/), scopes: [READ_ONLY] });
    expect(Math.round((Date.parse(made.expiresAt) - Date.now()) / 86_400_000)).toBe(90);
    const headers = bearer(await sandbox.token(mcpUrl, READ_ONLY));
    expect(read(z.array(ROW), await call(`${url}/api/api-keys`, { headers }))).toMatchObject([
      { id: made.id, isActive: true },
    ]);
    const admin = z.object({ success: z.literal(true), data: z.array(ROW) });
    expect(read(admin, await call(`${url}/api/admin/api-keys`, { headers })).data).toHaveLength(1);
  });

  it.each([{ expiresInDays: 366 }, { expiresInDays: 0 }, { scopes: ['all'] }, { scopes: ['*'] }, { name: '' }])(
    'refuses %o',
    async (wrong) => {
      expect((await create({ name: 'ci', ...wrong })).status).toBe(400);
    },
  );

  it('gives admins all scopes at once', async () => {
    const made = await create({ name: 'root', scopes: ['*'] }, '/api/admin/api-keys');
    expect(read(z.object({ data: CREATED }), made).data.scopes).toEqual(['*']);
  });

  it('knows a key no longer once a person revoked it', async () => {
    const { inspectorUrl, dashboard } = sandbox.service('ai2fin');
    const { id, key } = read(CREATED, await create({ name: 'ci' }));
    dashboard.revoke(id);
    expect(errorType(await rpc(inspectorUrl, 'initialize', HELLO, { 'x-api-key': key }))).toBe('INVALID_API_KEY');
    expect(() => dashboard.revoke(id)).toThrow('no active key');
    expect(sandbox.keys('ai2fin')).toMatchObject([{ id, revoked: true }]);
  });

  it('limits each key and tells when the window ends', async () => {
    await sandbox.close();
    sandbox = await startSandbox({ services: ['ai2fin'], ai2fin: { limit: { requests: 1 } } });
    const { key } = read(CREATED, await create({ name: 'ci' }));
    const { inspectorUrl } = sandbox.service('ai2fin');
    await rpc(inspectorUrl, 'tools/list', {}, { 'x-api-key': key });
    const limited = await rpc(inspectorUrl, 'tools/list', {}, { 'x-api-key': key });
    const reset = Number(limited.headers.get('x-ratelimit-reset'));
    expect([limited.status, reset > Date.now() / 1000, reset < Date.now() / 1000 + 61]).toEqual([429, true, true]);
  });
});
