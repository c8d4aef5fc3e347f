import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Answered, bearer, call, read, rpc } from './call.ts';
import { type Sandbox, startSandbox } from './index.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['apexmcp'] });
});
afterEach(() => sandbox.close());

const TOKEN = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.literal(3600),
  scope: z.string(),
});
const CRM = { name: 'crm_find_contact', arguments: { name: 'Ann' } };
const MAIL = { name: 'mail_send', arguments: { to: 'ann@example.test', text: 'hi' } };

function ask(form: Record<string, string>): Promise<Answered> {
  return call(`${sandbox.service('apexmcp').url}/oauth/token`, { form });
}
const credentials = (scopes?: string[]) => {
  const client = sandbox.service('apexmcp').createClient(scopes);
  return { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret };
};

describe('apexmcp', () => {
  it('takes a static key in X-API-Key alone, with its connectors', async () => {
    const { mcpUrl, dashboard } = sandbox.service('apexmcp');
    const all = dashboard.create({ name: 'all' });
    const crm = dashboard.create({ name: 'crm', scopes: ['mcp:call:crm'] });
    expect(all.secret).toMatch(/^apx_live_sk_/);
    expect((await rpc(mcpUrl, 'tools/call', MAIL, { 'x-api-key': all.secret })).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/call', CRM, { 'x-api-key': crm.secret })).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/call', MAIL, { 'x-api-key': crm.secret })).status).toBe(403);
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(all.secret))).status).toBe(401);
    expect(
      (await rpc(mcpUrl.replace('acme-corp', 'other'), 'tools/list', {}, { 'x-api-key': all.secret })).status,
    ).toBe(404);
  });

  it('makes tokens of an hour for client credentials', async () => {
    const { mcpUrl } = sandbox.service('apexmcp');
    const token = read(TOKEN, await ask({ ...credentials(), scope: 'mcp:call' })).access_token;
    expect((await rpc(mcpUrl, 'tools/call', MAIL, bearer(token))).status).toBe(200);
    const narrow = read(TOKEN, await ask({ ...credentials(), scope: 'mcp:call:mail' })).access_token;
    expect((await rpc(mcpUrl, 'tools/call', CRM, bearer(narrow))).status).toBe(403);
    await sandbox.service('apexmcp').endTokens();
    expect((await rpc(mcpUrl, 'tools/list', {}, bearer(token))).status).toBe(401);
  });

  it.each([
    [{ client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ client_id: 'wrong' }, 401, 'invalid_client'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ scope: 'everything' }, 400, 'invalid_scope'],
    [{ scope: 'mcp:call:crm' }, 400, 'invalid_scope'],
  ])('refuses %o', async (wrong, status, error) => {
    const refused = await ask({ ...credentials(['mcp:call:mail']), scope: 'mcp:call:mail', ...wrong });
    expect([refused.status, refused.body]).toEqual([status, { error }]);
  });

  it("takes the own identity provider's tokens with the right audience", async () => {
    const { mcpUrl, ownProvider } = sandbox.service('apexmcp');
    expect(ownProvider.issuer).toBe(sandbox.issuer.issuer);
    const good = await sandbox.token(ownProvider.audience, 'mcp:call');
    const foreign = await sandbox.token('urn:someone-else', 'mcp:call');
    expect((await rpc(mcpUrl, 'tools/call', CRM, bearer(good))).status).toBe(200);
    expect((await rpc(mcpUrl, 'tools/call', CRM, bearer(foreign))).status).toBe(401);
  });
});
