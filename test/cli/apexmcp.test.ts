import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import type { ApexmcpOptions } from '../sandbox/apexmcp.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, KEY, PROFILE, VERIFY, WHO } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'crm_find_contact', arguments: { name: 'Ann' } };

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => sandbox.close());

async function start(options: ApexmcpOptions = {}): Promise<string[]> {
  sandbox = await startSandbox({ services: ['apexmcp'], apexmcp: options });
  const { url, mcpUrl, org } = sandbox.service('apexmcp');
  return ['--url', url, '--mcp-url', mcpUrl, '--org', org];
}

describe('apexmcp', () => {
  it('way 1: a static key from the dashboard, in X-API-Key', async () => {
    const where = await start();
    await machine.json(z.array(PROFILE), ['profile', 'add', 'apexmcp', ...where]);
    const { secret } = sandbox.service('apexmcp').dashboard.create({ name: 'static' });
    await machine.json(KEY, ['import', 'static', '--stdin'], { input: secret });
    expect(await machine.json(VERIFY, ['verify', 'static'])).toMatchObject({
      ok: true,
      server: { name: 'apexmcp-gateway' },
    });
    expect(JSON.parse((await machine.run(['headers', 'static'])).stdout)).toEqual({ 'X-API-Key': secret });
    const [change] = await machine.json(CHANGES, ['place', 'static', 'cursor']);
    await useEntry(await readEntry(change?.path ?? '', 'apexmcp'), { home: machine.home.dir, call: CALL });
  });

  it('way 2: client credentials, kept like a session, renewed without asking', async () => {
    const where = await start({ tokenLifetime: 50 });
    const { clientId, clientSecret } = sandbox.service('apexmcp').createClient();
    const env = { MCPKEY_CLIENT_ID: clientId, MCPKEY_CLIENT_SECRET: clientSecret };
    const who = await machine.json(WHO, ['login', 'apexmcp', '--client-credentials', ...where], { env });
    expect(who).toMatchObject({ account: clientId, method: 'client-credentials', loggedIn: true });
    expect(await machine.json(VERIFY, ['verify', 'apexmcp/@login'])).toMatchObject({ ok: true });
    const [change] = await machine.json(CHANGES, ['place', 'apexmcp/@login', 'cursor']);
    await useEntry(await readEntry(change?.path ?? '', 'apexmcp'), { home: machine.home.dir, call: CALL });
    const tokens = sandbox.requests.filter((request) => request.path === '/oauth/token');
    expect(tokens.length).toBeGreaterThan(1);
    expect(new URLSearchParams(tokens[0]?.text).get('grant_type')).toBe('client_credentials');
    expect(await machine.filesWith(clientSecret)).toEqual([]);
  });

  it('an hour is an hour: no second token while the first lives', async () => {
    const where = await start();
    const { clientId, clientSecret } = sandbox.service('apexmcp').createClient();
    const env = { MCPKEY_CLIENT_ID: clientId, MCPKEY_CLIENT_SECRET: clientSecret };
    await machine.json(WHO, ['login', 'apexmcp', '--client-credentials', ...where], { env });
    await machine.json(VERIFY, ['verify', 'apexmcp/@login']);
    expect(sandbox.requests.filter((request) => request.path === '/oauth/token')).toHaveLength(1);
    await sandbox.service('apexmcp').endTokens();
    expect(await machine.json(VERIFY, ['verify', 'apexmcp/@login'])).toMatchObject({ ok: true });
  });

  it('way 3: tokens of the own identity provider', async () => {
    const where = await start();
    const { ownProvider } = sandbox.service('apexmcp');
    const idp = ['--issuer', ownProvider.issuer, '--audience', ownProvider.audience];
    const { clientIds, machineSecret } = sandbox.issuer;
    const env = { MCPKEY_CLIENT_ID: clientIds.machine, MCPKEY_CLIENT_SECRET: machineSecret };
    const login = ['login', 'apexmcp', '--client-credentials', ...where, ...idp];
    expect(await machine.json(WHO, login, { env })).toMatchObject({ account: clientIds.machine, loggedIn: true });
    expect(await machine.json(VERIFY, ['verify', 'apexmcp/@login'])).toMatchObject({ ok: true });
  });

  it('way 3, by hand: checks the token, and says which claim is wrong', async () => {
    const where = await start();
    const { ownProvider } = sandbox.service('apexmcp');
    const idp = ['--issuer', ownProvider.issuer, '--audience', ownProvider.audience];
    const login = ['login', 'apexmcp', '--token-stdin', ...where, ...idp];
    const wrong = await machine.fails(login, { input: await sandbox.token('urn:someone-else', 'mcp:call') });
    expect([wrong.exit, wrong.message]).toEqual([3, expect.stringMatching(/aud/)]);
    const input = await sandbox.token(ownProvider.audience, 'mcp:call');
    expect(await machine.json(WHO, login, { input })).toMatchObject({ method: 'token', loggedIn: true });
    expect(await machine.json(VERIFY, ['verify', 'apexmcp/@login'])).toMatchObject({ ok: true });
  });
});
