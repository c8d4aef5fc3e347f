import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, KEY, REVOKED, VERIFY, WHO } from './documents.ts';
import { deviceLogin, webLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'list_transactions', arguments: { month: '2026-11' } };

let sandbox: Sandbox;
let machine: Machine;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['ai2fin'] });
  machine = await createMachine();
});
afterAll(() => sandbox.close());

const where = () => {
  const { url, mcpUrl } = sandbox.service('ai2fin');
  return ['--url', url, '--mcp-url', mcpUrl];
};

describe('ai2fin, from login to revocation', () => {
  it('logs in by device code', async () => {
    const who = await deviceLogin(machine, sandbox, ['login', 'ai2fin', ...where()]);
    expect(who).toMatchObject({ profile: 'ai2fin', method: 'device', loggedIn: true });
    expect(Date.parse(who.expiresAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('creates a key with the scopes asked for, and always says which', async () => {
    const key = await machine.json(KEY, ['create', 'reader', '--scope', 'mcp:read', '--scope', 'mcp:tools:list']);
    expect(key).toMatchObject({
      scopes: ['mcp:read', 'mcp:tools:list'],
      status: 'active',
      prefix: expect.stringMatching(/^mcp_/),
    });
    await machine.json(KEY, ['create', 'plain']);
    const sent = sandbox.requests.filter((request) => request.path === '/api/api-keys' && request.method === 'POST');
    expect(sent.map((request) => request.json)).toMatchObject([
      { scopes: ['mcp:read', 'mcp:tools:list'], expiresInDays: 90 },
      { scopes: ['mcp:read'], expiresInDays: 90 },
    ]);
    expect(await machine.fails(['create', 'x', '--scope', 'mcp:raed'])).toMatchObject({ code: 'usage', exit: 2 });
  });

  it('verifies at the inspector, with X-API-Key', async () => {
    expect(await machine.json(VERIFY, ['verify', 'ai2fin/reader'])).toMatchObject({
      ok: true,
      server: { name: 'ai2fin-finance' },
    });
    const [last] = sandbox.requests.filter((request) => request.rpc.includes('tools/list')).slice(-1);
    expect([last?.path, typeof last?.headers['x-api-key']]).toEqual(['/mcp/inspector', 'string']);
  });

  it('places a key and the login itself, and a client connects through both', async () => {
    const changes = await machine.json(CHANGES, ['place', 'ai2fin/reader', 'cursor', 'claude-desktop']);
    const login = await machine.json(CHANGES, ['place', 'ai2fin/@login', 'cursor', '--name', 'money']);
    for (const { path, server } of [...changes, ...login]) {
      const used = await useEntry(await readEntry(path, server), { home: machine.home.dir, call: CALL });
      expect(used.server?.name).toBe('ai2fin-finance');
    }
    const paths = new Set(
      sandbox.requests.filter((request) => request.rpc.includes('tools/call')).map(({ path }) => path),
    );
    expect(paths).toEqual(new Set(['/mcp', '/mcp/inspector']));
  });

  it('prints headers for clients that run a helper', async () => {
    const { stdout } = await machine.run(['headers', 'ai2fin/reader']);
    const secret = sandbox.keys('ai2fin').find((key) => key.name.startsWith('reader'))?.secret;
    expect(JSON.parse(stdout)).toEqual({ 'X-API-Key': secret });
    const login = JSON.parse((await machine.run(['headers', 'ai2fin/@login'])).stdout);
    expect(login).toEqual({ Authorization: expect.stringMatching(/^Bearer ey/) });
  });

  it('says what to click where only a person can revoke, and keeps the key until it is refused', async () => {
    const [before] = sandbox.keys('ai2fin');
    const still = await machine.run(['revoke', 'ai2fin/reader', '--yes', '--json'], { code: 1 });
    expect(REVOKED.parse(JSON.parse(still.stdout))).toMatchObject([
      { state: 'failed', error: { code: 'unsupported' } },
    ]);
    expect((await machine.json(KEY, ['show', 'ai2fin/reader'])).stored).toBe(true);
    sandbox.service('ai2fin').dashboard.revoke(before?.id ?? '');
    expect(await machine.json(REVOKED, ['revoke', 'ai2fin/reader', '--yes'])).toMatchObject([
      { state: 'revoked', error: null },
    ]);
    expect(await machine.home.read('.cursor/mcp.json')).not.toContain('"ai2fin"');
    const listed = await machine.json(z.array(KEY), ['list']);
    expect(listed.map(({ name, status }) => [name, status])).toEqual([
      ['reader', 'revoked'],
      ['plain', 'active'],
    ]);
  });

  it('logs out at the server too', async () => {
    await machine.run(['logout', 'ai2fin']);
    expect(sandbox.issuer.requests.some((request) => request.path === '/token/revocation')).toBe(true);
    expect(await machine.json(z.array(WHO), ['whoami'])).toMatchObject([{ loggedIn: false }]);
  });

  it('logs in by the browser', async () => {
    const who = await webLogin(machine, sandbox, ['login', 'ai2fin']);
    expect(who).toMatchObject({ method: 'web', loggedIn: true });
    expect(await machine.json(VERIFY, ['verify', 'ai2fin/@login'])).toMatchObject({ ok: true });
  });

  it('takes a token made elsewhere', async () => {
    const { mcpUrl } = sandbox.service('ai2fin');
    const input = await sandbox.token(mcpUrl, 'mcp:read');
    const who = await machine.json(WHO, ['login', 'ai2fin', '--token-stdin'], { input });
    expect(who).toMatchObject({ method: 'token', loggedIn: true });
    expect(await machine.json(z.array(KEY), ['list'])).toHaveLength(2);
  });
});
