/** The built program logs in to the five services on loopback, in every way that they document. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, mcpkeyJson, spawnMcpkey } from '../helpers/cli.ts';
import { makeToken } from '../helpers/tokens.ts';
import { APEX_AUDIENCE } from '../sandbox/apexmcp.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

interface WhoamiRow {
  profile: string;
  provider: string;
  account: string | null;
  method: string | null;
  loggedIn: boolean;
  expiresAt: string | null;
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'ai2fin', 'investra', 'apexmcp', 'mcp-cloud', 'generic'] });
});
afterAll(() => sandbox.close());

const person = (home: Home) => ({
  home,
  env: { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password },
});
const stock = () => [
  'stock-data',
  '--url',
  sandbox.service('stock-data').url,
  '--mcp-url',
  sandbox.service('stock-data').mcpUrl,
];
const ai2fin = () => ['ai2fin', '--url', sandbox.service('ai2fin').url];
const apex = () => ['apexmcp', '--url', sandbox.service('apexmcp').url, '--org', sandbox.service('apexmcp').org];
const errorOf = (stderr: string) =>
  (
    JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as {
      error: { code: string; message: string; hint: string | null };
    }
  ).error;

/** Starts a browser login, and plays the person's part. */
async function byBrowser(args: readonly string[], home: Home, env: Record<string, string> = {}) {
  const running = spawnMcpkey([...args, '--web', '--no-browser', '--json'], { home, env });
  const [, address = ''] = await running.printed(/\{"authorizationUrl":"([^"]+)"\}/);
  await sandbox.issuer.approveBrowser(address);
  return running.finished;
}

async function byDevice(args: readonly string[], home: Home, options: { deny?: boolean } = {}) {
  const running = spawnMcpkey([...args, '--device', '--no-browser', '--json'], { home });
  const [line] = await running.printed(/\{"verificationUri".*\}/);
  const prompt = JSON.parse(line) as {
    verificationUri: string;
    userCode: string;
    verificationUriComplete: string;
    expiresIn: number;
  };
  await sandbox.issuer.approveDevice(prompt.verificationUriComplete, options);
  return { prompt, finished: await running.finished };
}

describe('password', () => {
  test('e-mail and password from the environment make a session, and no password is kept', async () => {
    const home = await createHome();
    const row = await mcpkeyJson<WhoamiRow>(['login', ...stock()], person(home));
    expect(row).toMatchObject({
      profile: 'stock-data',
      provider: 'stock-data',
      account: sandbox.person.email,
      method: 'password',
      loggedIn: true,
    });
    expect(Date.parse(row.expiresAt ?? '')).toBeGreaterThan(Date.now());
    expect(await mcpkeyJson(['whoami'], { home })).toEqual([row]);
  });

  test('a wrong password is not_logged_in, with the words of the service, and leaves no profile', async () => {
    const home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: `not-${'x'.repeat(12)}` });
    const { code, stdout, stderr } = await mcpkey(['login', ...stock(), '--json'], { home });
    expect([code, stdout]).toEqual([3, '']);
    expect(errorOf(stderr)).toMatchObject({ code: 'not_logged_in', provider: 'stock-data', status: 401 });
    expect(stderr).not.toContain('not-xxx');
    expect(await mcpkeyJson(['profile', 'list'], { home })).toEqual([]);
  });

  test('nobody to ask is a usage error that says what to set', async () => {
    const { code, stderr } = await mcpkey(['login', ...stock(), '--json'], { home: await createHome() });
    expect(code).toBe(2);
    expect(errorOf(stderr).hint).toContain('MCPKEY_EMAIL');
  });

  test('an expired token is renewed with e-mail and password from the environment', async () => {
    const home = await createHome();
    await mcpkeyJson(['login', ...stock()], person(home));
    sandbox.service('stock-data').endLogins();
    const without = await mcpkey(['list', '--json'], { home });
    expect(without.code).toBe(3);
    expect(errorOf(without.stderr).hint).toContain('mcpkey login stock-data');
    expect(await mcpkeyJson(['list'], person(home))).toEqual([]);
  });
});

describe('browser', () => {
  test('the MCP endpoint says where to log in; the answer comes on loopback', async () => {
    const home = await createHome();
    const { code, stdout, stderr } = await byBrowser(['login', ...ai2fin()], home);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ profile: 'ai2fin', method: 'web', loggedIn: true, account: 'ann' });
    expect(await mcpkeyJson(['list'], { home })).toEqual([]);
  });

  test('a second login registers no second client', async () => {
    const home = await createHome();
    const registrations = () => sandbox.issuer.requests.filter((request) => request.path === '/reg').length;
    await byBrowser(['login', ...ai2fin()], home);
    const after = registrations();
    await byBrowser(['login', 'ai2fin'], home);
    expect(registrations()).toBe(after);
  });

  test('--mcp-url alone makes a generic profile named after the host', async () => {
    const home = await createHome();
    const { stdout } = await byBrowser(['login', '--mcp-url', sandbox.service('investra').mcpUrl], home);
    expect(JSON.parse(stdout)).toMatchObject({ profile: '127.0.0.1', provider: 'generic', method: 'web' });
  });

  test('Ctrl-C ends it at once with 130', async () => {
    const running = spawnMcpkey(['login', ...ai2fin(), '--web', '--no-browser'], { home: await createHome() });
    await running.printed(/Waiting/);
    running.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
  });
});

describe('device', () => {
  test('URL and code are one line of JSON on stderr, and the row alone on stdout', async () => {
    const home = await createHome();
    const { prompt, finished } = await byDevice(['login', ...ai2fin()], home);
    expect(prompt).toEqual({
      verificationUri: expect.stringMatching(/^http:/),
      userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      verificationUriComplete: expect.stringContaining('user_code='),
      expiresIn: expect.any(Number),
    });
    expect(finished.stderr.trim().split('\n')).toHaveLength(1);
    expect(finished.code).toBe(0);
    expect(JSON.parse(finished.stdout)).toMatchObject({ method: 'device', loggedIn: true });
  });

  test('a refusal is not_logged_in', async () => {
    const { finished } = await byDevice(['login', ...ai2fin()], await createHome(), { deny: true });
    expect(finished.code).toBe(3);
    expect(errorOf(finished.stderr)).toMatchObject({
      code: 'not_logged_in',
      message: expect.stringMatching(/^The login was refused/),
    });
  });

  test('Ctrl-C ends the wait with 130', async () => {
    const running = spawnMcpkey(['login', ...ai2fin(), '--device', '--no-browser'], { home: await createHome() });
    await running.printed(/Waiting/);
    running.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
  });
});

describe('client credentials', () => {
  test('id and secret from the environment; @login is renewed when the token is refused', async () => {
    const client = sandbox.service('apexmcp').createClient();
    const home = await createHome();
    const env = { MCPKEY_CLIENT_ID: client.clientId, MCPKEY_CLIENT_SECRET: client.clientSecret };
    const row = await mcpkeyJson<WhoamiRow>(['login', ...apex()], { home, env });
    expect(row).toMatchObject({ method: 'client-credentials', account: client.clientId });
    const headers = async () =>
      JSON.parse((await mcpkey(['headers', 'apexmcp/@login'], { home })).stdout) as Record<string, string>;
    const first = await headers();
    expect(first.Authorization).toMatch(/^Bearer ey/);
    expect(await headers()).toEqual(first);
    await sandbox.service('apexmcp').endTokens();
    expect(await mcpkeyJson(['verify', 'apexmcp/@login'], { home })).toMatchObject({ ok: true });
    expect(await headers()).not.toEqual(first);
  });

  test('a wrong secret is not_logged_in and names no secret', async () => {
    const client = sandbox.service('apexmcp').createClient();
    const wrong = `apx_secret_${'w'.repeat(24)}`;
    const env = { MCPKEY_CLIENT_ID: client.clientId, MCPKEY_CLIENT_SECRET: wrong };
    const { code, stderr } = await mcpkey(['login', ...apex(), '--json'], { home: await createHome(), env });
    expect(code).toBe(3);
    expect(errorOf(stderr).code).toBe('not_logged_in');
    expect(stderr).not.toContain(wrong);
  });

  test('a scope that the client may not have is usage', async () => {
    const client = sandbox.service('apexmcp').createClient(['mcp:call:crm']);
    const env = { MCPKEY_CLIENT_ID: client.clientId, MCPKEY_CLIENT_SECRET: client.clientSecret };
    const { code, stderr } = await mcpkey(['login', ...apex(), '--scope', 'mcp:call:mail', '--json'], {
      home: await createHome(),
      env,
    });
    expect([code, errorOf(stderr).code]).toEqual([2, 'usage']);
  });
});

describe('own identity provider', () => {
  const own = () => [...apex(), '--issuer', sandbox.issuer.issuer, '--audience', APEX_AUDIENCE];
  const machine = () => ({
    MCPKEY_CLIENT_ID: sandbox.issuer.clientIds.machine,
    MCPKEY_CLIENT_SECRET: sandbox.issuer.machineSecret,
  });

  test('client credentials there; the token is checked and taken', async () => {
    const home = await createHome();
    const row = await mcpkeyJson<WhoamiRow>(['login', ...own(), '--scope', 'mcp:call'], { home, env: machine() });
    expect(row).toMatchObject({ method: 'client-credentials', loggedIn: true });
    expect(await mcpkeyJson(['verify', 'apexmcp/@login'], { home })).toMatchObject({ ok: true });
  });

  test('a person signs in there with the browser', async () => {
    const home = await createHome();
    const { code, stdout } = await byBrowser(
      ['login', ...own(), '--client-id', sandbox.issuer.clientIds.public, '--scope', 'mcp:call'],
      home,
    );
    expect([code, (JSON.parse(stdout) as WhoamiRow).account]).toEqual([0, 'ann']);
  });

  test('a token on stdin whose issuer signed it is taken', async () => {
    const home = await createHome();
    const input = await sandbox.token(APEX_AUDIENCE, 'mcp:call');
    const row = await mcpkeyJson<WhoamiRow>(['login', ...own(), '--token-stdin'], { home, input });
    expect(row).toMatchObject({ method: 'token', loggedIn: true });
  });

  test.each([
    ['iss', { iss: 'https://elsewhere.example' }, {}],
    ['aud', { aud: 'https://elsewhere.example' }, {}],
    ['exp', { exp: 1_700_000_000 }, {}],
    ['alg', {}, { alg: 'none' }],
    ['alg', {}, { alg: 'HS256' }],
    ['alg', {}, { alg: 'ES256' }],
    ['signature', {}, {}],
  ])('a token whose %s is wrong is refused, naming that alone (%j %j)', async (wrong, claims, header) => {
    const token = makeToken({ iss: sandbox.issuer.issuer, aud: APEX_AUDIENCE, ...claims }, header);
    const { code, stderr } = await mcpkey(['login', ...own(), '--token-stdin', '--json'], {
      home: await createHome(),
      input: token,
    });
    expect([code, errorOf(stderr).code]).toEqual([3, 'invalid_token']);
    const named = ['iss', 'aud', 'exp', 'alg', 'signature'].filter((claim) =>
      new RegExp(`\\b${claim}\\b`).test(errorOf(stderr).message),
    );
    expect(named).toEqual([wrong]);
    expect(stderr).not.toContain(token.slice(-40));
  });
});

describe('what a login refuses', () => {
  test.each<[string, () => string[], number, string, RegExp]>([
    ['an unknown provider, with the nearest', () => ['ai2fn'], 5, 'not_found', /ai2fin/],
    [
      'a URL with a password',
      () => ['stock-data', '--url', 'https://ann:pw123456@stock.example'],
      2,
      'usage',
      /password/,
    ],
    ['http to another host', () => ['stock-data', '--url', 'http://stock.example'], 2, 'usage', /http/],
    ['what is no URL', () => ['stock-data', '--url', 'stock.example'], 2, 'usage', /--url/],
    ['two ways at once', () => ['ai2fin', '--web', '--device'], 2, 'usage', /--web.*--device|--device.*--web/],
    [
      'a way that the provider does not have',
      () => ['stock-data', '--url', 'https://stock.example', '--web'],
      1,
      'unsupported',
      /no such login/,
    ],
    [
      'a provider without login',
      () => ['mcp-cloud', '--mcp-url', 'https://x.mcp-cloud.ai/mcp'],
      1,
      'unsupported',
      /dashboard/,
    ],
    ['--url without provider', () => ['--url', 'https://stock.example'], 2, 'usage', /provider/],
    [
      'a host that refuses connections',
      () => ['--mcp-url', 'http://127.0.0.1:9/mcp', '--web'],
      9,
      'unreachable',
      /127\.0\.0\.1:9/,
    ],
    [
      'a host that does not exist',
      () => ['--mcp-url', 'https://no-such-host.invalid/mcp', '--web'],
      9,
      'unreachable',
      /no-such-host/,
    ],
    ['a token that is none', () => ['ai2fin', '--token-stdin'], 3, 'invalid_token', /no JWT/],
    ['the own identity provider without its address', () => [...apex(), '--web'], 2, 'usage', /own identity provider/],
    ['scopes where the login has none', () => [...stock(), '--scope', 'x'], 2, 'usage', /scope/],
  ])('%s', async (_title, args, code, kind, message) => {
    const home = await createHome({ MCPKEY_EMAIL: 'ann@example.test', MCPKEY_PASSWORD: 'made-up-words' });
    const finished = await mcpkey(['login', ...args(), '--json'], { home, input: 'garbage' });
    const error = errorOf(finished.stderr);
    expect({ code: finished.code, kind: error.code, stdout: finished.stdout }).toEqual({ code, kind, stdout: '' });
    expect(error.message).toMatch(message);
    expect(finished.stderr).not.toContain('pw123456');
    expect(await mcpkeyJson(['profile', 'list'], { home })).toEqual([]);
  });

  test('a store that is not there, before anything is asked of the service', async () => {
    const home = await createHome({ MCPKEY_STORE: 'keychain', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' });
    const before = sandbox.requests.length;
    const { code, stderr } = await mcpkey(['login', ...stock(), '--json'], { ...person(home) });
    expect([code, errorOf(stderr).code]).toEqual([7, 'store_unavailable']);
    expect(sandbox.requests.length).toBe(before);
  });
});
