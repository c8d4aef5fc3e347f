/** What only some services have: scopes, two endpoints, a login that a client uses, a local server. */
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webLogin } from '../cli/logins.ts';
import { selfSigned } from '../helpers/certificate.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Clinic, openEmpty, type Row, wrong } from './clinic.ts';
import { setIn } from './files.ts';

let sandbox: Sandbox;
let clinic: Clinic;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['ai2fin'] });
  clinic = await openEmpty(sandbox);
  await webLogin(clinic.machine, sandbox, ['login', 'ai2fin', '-p', 'money', '--url', sandbox.service('ai2fin').url]);
  await clinic.run(['create', 'k', '-p', 'money']);
  await clinic.run(['place', 'money/k', 'cursor']);
});
afterAll(() => clinic.close());

const always = Number.POSITIVE_INFINITY;
const config = () => join(clinic.machine.home.mcpkey, 'config', 'config.json');
const about = (rows: readonly Row[], id: string, subject: string) =>
  rows.find((row) => row.id === id && row.subject === subject);
const names = (rows: readonly Row[]) => wrong(rows).map(({ id, subject }) => `${id} ${subject}`);

describe('a service with scopes and two endpoints', () => {
  test('a healthy one has no finding', async () => {
    expect(names(await clinic.doctor())).toEqual([]);
  });

  test('another path than the service’s own is found and put right', { timeout: 60_000 }, async () => {
    await setIn(config(), ['profiles', 'money', 'mcpUrl'], `${sandbox.service('ai2fin').url}/mpc`);
    const found = about(await clinic.doctor(), 'profile.reachable', 'money');
    expect(found).toMatchObject({ state: 'error', seen: expect.stringMatching(/\/mpc\/inspector \(HTTP 404\)/) });
    expect((await clinic.shell(found?.fix ?? '')).code).toBe(0);
    expect(names(await clinic.doctor())).toEqual([]);
  });

  test('a client’s call that was refused for want of a scope is told of', { timeout: 60_000 }, async () => {
    const data = { errorType: 'INSUFFICIENT_SCOPE', message: 'API key does not have permission for this operation' };
    const body = { jsonrpc: '2.0', id: 7, error: { code: 403, message: 'Forbidden', data } };
    sandbox.fault('ai2fin', {
      match: ({ rpc }) => rpc.includes('tools/call'),
      action: { kind: 'answer', status: 403, body },
    });
    const proxy = clinic.start(['proxy', 'money/k']);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    for (const message of [
      { id: 1, method: 'initialize', params },
      { method: 'notifications/initialized' },
      { id: 7, method: 'tools/call', params: { name: 'write', arguments: {} } },
    ]) {
      proxy.send(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      if (message.id !== undefined) await proxy.printed(new RegExp(`"id":${message.id}[,}]`), 'stdout');
    }
    proxy.child.stdin.end();
    expect((await proxy.finished).code).toBe(0);
    const found = about(await clinic.doctor(), 'key.scopes', 'money/k');
    expect(found).toMatchObject({ state: 'error', advice: expect.stringMatching(/mcp:full/) });
    expect(found?.seen).toMatch(/A client’s call was refused on .*does not have permission/);
    await rm(join(clinic.machine.home.mcpkey, 'state', 'denials'), { recursive: true });
  });

  test('an address that the key may not come from is no want of a scope', { timeout: 60_000 }, async () => {
    const body = { jsonrpc: '2.0', id: 2, error: { code: 403, message: 'This IP address is not allowed' } };
    const action = { kind: 'answer', status: 403, body } as const;
    sandbox.fault('ai2fin', { match: ({ rpc }) => rpc.includes('tools/list'), times: always, action });
    const rows = await clinic.doctor();
    sandbox.clearFaults();
    expect(names(rows)).toEqual(['key.probe money/k']);
    // Nor is what doctor itself was refused one of a client's.
    expect(names(await clinic.doctor())).toEqual([]);
  });

  test('a key that may not even list the tools is replaced by one that may', { timeout: 60_000 }, async () => {
    const [old] = sandbox.keys('ai2fin');
    const data = { errorType: 'INSUFFICIENT_SCOPE', message: 'API key does not have permission for this operation' };
    sandbox.fault('ai2fin', {
      match: ({ rpc, headers }) => rpc.includes('tools/list') && headers['x-api-key'] === old?.secret,
      times: always,
      action: {
        kind: 'answer',
        status: 403,
        body: { jsonrpc: '2.0', id: 2, error: { code: 403, message: 'Forbidden', data } },
      },
    });
    const rows = await clinic.doctor();
    expect(names(rows)).toEqual(['key.scopes money/k', 'key.probe money/k']);
    const found = about(rows, 'key.scopes', 'money/k');
    expect(found).toMatchObject({ state: 'error', advice: expect.stringMatching(/mcp:full/) });
    expect(found?.fix).toMatch(
      /^mcpkey create k-2 -p money --scope mcp:full && mcpkey place money\/k-2 cursor .*&& mcpkey revoke money\/k --yes$/,
    );
    // Its last step is a person's: the service takes keys back in its dashboard alone.
    if (old) old.revoked = true;
    const { code, stderr } = await clinic.shell(found?.fix ?? '');
    sandbox.clearFaults();
    expect([code, names(await clinic.doctor())], stderr).toEqual([0, []]);
  });

  test('mcpkey.json wants a scope that the key has not', { timeout: 60_000 }, async () => {
    const path = join(clinic.dir, 'mcpkey.json');
    const wants = (scopes: readonly string[]) => ({ name: 'shop', servers: { money: { provider: 'ai2fin', scopes } } });
    await writeFile(path, JSON.stringify(wants(['mcp:tools:call'])));
    expect(about(await clinic.doctor(), 'key.scopes', 'money/k-2')?.state).toBe('ok');
    await writeFile(path, JSON.stringify(wants(['files:write'])));
    const found = about(await clinic.doctor(), 'key.scopes', 'money/k-2');
    expect(found).toMatchObject({ state: 'error', seen: expect.stringMatching(/mcpkey\.json wants files:write/) });
    await rm(path);
  });

  test('a login that a client uses and that has ended is an error, and its remedy a login', {
    timeout: 60_000,
  }, async () => {
    await clinic.run(['place', 'money/@login', 'claude-code']);
    expect(names(await clinic.doctor())).toEqual([]);
    await clinic.run(['logout', 'money']);
    expect(about(await clinic.doctor(), 'profile.session', 'money')).toMatchObject({
      state: 'error',
      fix: 'mcpkey login money',
    });
    await clinic.run(['unplace', 'money/@login', 'claude-code']);
    expect(names(await clinic.doctor())).toEqual([]);
  });
});

describe('a local server', () => {
  const server = join(import.meta.dirname, '../sandbox/local-server.mjs');
  const key = () => ['made', 'up', 'key', '0123456789'].join('-');

  test('is started with its key, and wrapped in a client', { timeout: 60_000 }, async () => {
    const own = await openEmpty(sandbox);
    const command = `${process.execPath} ${server}`;
    await own.run(['profile', 'add', 'generic', '-p', 'acme', '--command', command, '--env', 'ACME_API_KEY']);
    await own.run(['import', 'k', '-p', 'acme', '--stdin'], { input: key() });
    await own.run(['place', 'acme/k', 'claude-desktop']);
    const rows = await own.doctor();
    expect(names(rows)).toEqual([]);
    expect(about(rows, 'placement.command', 'claude-desktop')?.state).toBe('ok');
    const config = join(own.machine.home.mcpkey, 'config', 'config.json');
    await setIn(config, ['profiles', 'acme', 'command'], ['acme-mcp-that-is-gone']);
    const broken = await own.doctor();
    expect(about(broken, 'profile.reachable', 'acme')).toMatchObject({
      state: 'error',
      seen: expect.stringMatching(/acme-mcp-that-is-gone/),
    });
  });
});

test('a certificate that nobody here knows is one finding, and a CA of one’s own mends it', {
  timeout: 60_000,
}, async () => {
  const pair = selfSigned(['localhost']);
  const answer = { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} } };
  const server = createServer(pair, (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const own = await openEmpty(sandbox);
  await own.run(['profile', 'add', 'generic', '-p', 'far', '--mcp-url', `https://localhost:${port}/mcp`]);
  const rows = await own.doctor();
  expect(names(rows)).toEqual(['profile.tls far']);
  expect(about(rows, 'profile.tls', 'far')).toMatchObject({ fix: expect.stringMatching(/NODE_EXTRA_CA_CERTS/) });
  own.env = { NODE_EXTRA_CA_CERTS: await own.machine.home.write('ca.pem', pair.cert) };
  expect(names(await own.doctor())).toEqual([]);
  server.closeAllConnections();
  server.close();
});

test('a provider that is gone is told once a profile and once a key', { timeout: 60_000 }, async () => {
  await setIn(config(), ['profiles', 'money', 'provider'], 'gone-since');
  const told = names(await clinic.doctor());
  await setIn(config(), ['profiles', 'money', 'provider'], 'ai2fin');
  expect(told.filter((name) => /^(?:key|profile)\./.test(name))).toEqual([
    'profile.reachable money',
    'key.form money/k-2',
  ]);
});
