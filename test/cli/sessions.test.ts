/** Logins that end, are refused in the middle, or cannot be renewed now. */
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeToken } from '../helpers/tokens.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/index.ts';
import { KEY, VERIFY, WHO } from './documents.ts';
import { webLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf, startStocked } from './stocked.ts';

let sandbox: Sandbox;
let machine: Machine;
afterEach(() => sandbox.close());

async function money(options: SandboxOptions = {}): Promise<void> {
  sandbox = await startSandbox({ services: ['ai2fin'], ...options });
  machine = await createMachine();
  await webLogin(machine, sandbox, ['login', 'ai2fin', '-p', 'money', '--url', sandbox.service('ai2fin').url]);
}

const renewals = () =>
  sandbox.issuer.requests.filter(({ path, status }) => path === '/token' && status === 200).length - 1;
const refusedOnce = (match: string) =>
  sandbox.fault('ai2fin', { match, action: { kind: 'answer', status: 401, body: { message: 'expired' } } });

describe('a token that is refused in the middle', () => {
  it('is renewed once, and the work is done once', async () => {
    await money();
    refusedOnce('GET /api/api-keys');
    expect(await machine.json(z.array(KEY), ['list'])).toEqual([]);
    refusedOnce('POST /api/api-keys');
    await machine.run(['create', 'k']);
    expect([renewals(), sandbox.keys('ai2fin').length]).toEqual([2, 1]);
    refusedOnce('POST /mcp');
    expect(await machine.json(VERIFY, ['verify', 'money/@login'])).toMatchObject({ ok: true });
    expect(renewals()).toBe(3);
  });

  it('and again with the new one is told, after one renewal', async () => {
    await money();
    const action = { kind: 'answer', status: 401, body: { message: 'expired' } } as const;
    const planted = sandbox.fault('ai2fin', { match: 'GET /api/api-keys', times: 9, action });
    expect(await failureOf(machine, ['list'])).toMatchObject({ code: 'invalid_token', exit: 3, provider: 'ai2fin' });
    expect([renewals(), planted.hits]).toEqual([1, 2]);
  });

  it('by five processes at once is renewed once', async () => {
    await money();
    const old = sandbox.requests.length;
    sandbox.fault('ai2fin', {
      match: ({ path, headers }) => path === '/api/api-keys' && headers.authorization === first(),
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'answer', status: 401, body: { message: 'expired' } },
    });
    const first = () => sandbox.requests.slice(old).find(({ path }) => path === '/api/api-keys')?.headers.authorization;
    const runs = await Promise.all(Array.from({ length: 5 }, () => machine.run(['list', '--json'])));
    expect(runs.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 5 }, () => '[]'));
    expect(renewals()).toBe(1);
  });
});

describe('a token that has ended', () => {
  const short = { accessTokenLifetime: 3 };
  /** Waits for the time that the session itself names. */
  async function ended(): Promise<void> {
    const [who] = await machine.json(z.array(WHO), ['whoami']);
    const end = Date.parse(who?.expiresAt ?? '');
    while (Date.now() <= end) await new Promise((done) => setTimeout(done, 50));
  }

  it('and cannot be renewed now leaves the login as it is', async () => {
    await money(short);
    await ended();
    sandbox.issuer.fail('token', { status: 503, headers: { 'retry-after': '900' }, body: { error: 'busy' } });
    const failure = await failureOf(machine, ['list']);
    expect(failure).toMatchObject({ code: 'server_error', exit: 9, status: 503, retryAfter: 900, provider: 'ai2fin' });
    sandbox.issuer.fail('token', { drop: true }, { drop: true }, { drop: true });
    expect(await failureOf(machine, ['list'])).toMatchObject({ code: 'unreachable', exit: 9, provider: 'ai2fin' });
    sandbox.issuer.fail('token', { status: 429, headers: { 'retry-after': '0' }, body: {} });
    expect(await machine.json(z.array(KEY), ['list'])).toEqual([]);
  });

  it('and that the server will not renew: log in again', async () => {
    await money(short);
    await ended();
    sandbox.issuer.fail('token', { status: 400, body: { error: 'invalid_grant' } });
    const failure = await failureOf(machine, ['list']);
    expect(failure).toMatchObject({ code: 'not_logged_in', exit: 3, provider: 'ai2fin', hint: 'mcpkey login money' });
  });
});

describe('a password login', () => {
  it('is used to its end, though nothing can renew it', async () => {
    const { sandbox: own, machine: stocked } = await startStocked({ stockData: { tokenLifetime: 50 } });
    sandbox = own;
    expect(await stocked.json(z.array(KEY), ['list'])).toHaveLength(1);
  });

  it('that was ended is renewed by the environment alone, else told', async () => {
    const { sandbox: own, machine: stocked, credentials: env } = await startStocked();
    sandbox = own;
    own.service('stock-data').endLogins();
    const failure = await failureOf(stocked, ['list']);
    expect(failure).toMatchObject({ code: 'invalid_token', exit: 3, provider: 'stock-data' });
    expect(failure.hint).toContain('mcpkey login stock');
    expect(await stocked.json(z.array(KEY), ['list'], { env })).toHaveLength(1);
    expect(await stocked.json(z.array(KEY), ['list'])).toHaveLength(1);
    expect(await stocked.filesWith(own.person.password)).toEqual([]);
  });
});

describe('client credentials', () => {
  const start = async (): Promise<void> => {
    sandbox = await startSandbox({ services: ['apexmcp'] });
    machine = await createMachine();
    const { url, mcpUrl, org, createClient } = sandbox.service('apexmcp');
    const { clientId, clientSecret } = createClient();
    const env = { MCPKEY_CLIENT_ID: clientId, MCPKEY_CLIENT_SECRET: clientSecret };
    const where = ['--url', url, '--mcp-url', mcpUrl, '--org', org];
    await machine.json(WHO, ['login', 'apexmcp', '-p', 'gate', '--client-credentials', ...where], { env });
  };
  const asked = () => sandbox.requests.filter(({ path }) => path === '/oauth/token').length;

  it('are asked for again where the token is refused, patiently', async () => {
    await start();
    await sandbox.service('apexmcp').endTokens();
    sandbox.fault('apexmcp', { match: 'POST /oauth/token', action: { kind: 'html', status: 502 } });
    sandbox.fault('apexmcp', { match: 'POST /oauth/token', action: { kind: 'reset' } });
    expect(await machine.json(VERIFY, ['verify', 'gate/@login'])).toMatchObject({ ok: true });
    expect(asked()).toBe(4);
  });

  it('that were taken back are told, and what to check', async () => {
    await start();
    await sandbox.service('apexmcp').endTokens();
    sandbox.fault('apexmcp', {
      match: 'POST /oauth/token',
      times: 9,
      action: { kind: 'answer', status: 401, body: { error: 'invalid_client' } },
    });
    const failure = await failureOf(machine, ['verify', 'gate/@login']);
    expect([failure.exit, failure.hint]).toEqual([3, expect.stringContaining('mcpkey login gate')]);
  });
});

describe('a token of the own identity provider', () => {
  const OTHER = 'https://idp.example';
  it.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    ['iss', { iss: OTHER }, {}, /iss is https:\/\/idp\.example, not http/],
    ['aud', { aud: 'urn:else' }, {}, /aud is urn:else, not urn:apexmcp/],
    ['exp', { exp: 1_700_000_000 }, {}, /exp was 2023/],
    ['exp that is missing', { exp: undefined }, {}, /exp is missing/],
    ['alg none', {}, { alg: 'none' }, /alg is none/],
    ['alg HS256', {}, { alg: 'HS256' }, /alg is HS256/],
    ['alg ES256', {}, { alg: 'ES256' }, /alg is ES256, the service takes RS256/],
    ['all of them', { iss: OTHER, aud: 'urn:else', exp: 1 }, { alg: 'none' }, /alg.*iss.*aud.*exp/],
    ['a signature by nobody', {}, {}, /signature/],
  ])('names what is wrong: %s', async (_name, claims, header, says) => {
    sandbox = await startSandbox({ services: ['apexmcp'] });
    machine = await createMachine();
    const { url, mcpUrl, org, ownProvider } = sandbox.service('apexmcp');
    const where = ['--url', url, '--mcp-url', mcpUrl, '--org', org];
    const idp = ['--issuer', ownProvider.issuer, '--audience', ownProvider.audience];
    const token = makeToken({ iss: ownProvider.issuer, aud: ownProvider.audience, ...claims }, header);
    const failure = await failureOf(machine, ['login', 'apexmcp', '--token-stdin', ...where, ...idp], { input: token });
    expect(failure).toMatchObject({ code: 'invalid_token', exit: 3, provider: 'apexmcp' });
    expect([failure.message, failure.hint]).toEqual([expect.stringMatching(says), expect.stringMatching(/\w{3}/)]);
    expect(failure.message + failure.stderr).not.toContain(token);
  });
});
