/** Every error that a service documents has its own diagnosis, with that service's own remedy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS } from '../doctor/clinic.ts';
import { type Sandbox, type ServiceId, startSandbox } from '../sandbox/index.ts';
import { VERIFY } from './documents.ts';
import { webLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf } from './stocked.ts';

let sandbox: Sandbox;
let machine: Machine;

/** One profile of each service, named otherwise than the service, with a key; `money` and `gate` are logged in. */
beforeAll(async () => {
  sandbox = await startSandbox();
  machine = await createMachine();
  const { ai2fin, investra, apexmcp } = {
    ai2fin: sandbox.service('ai2fin'),
    investra: sandbox.service('investra'),
    apexmcp: sandbox.service('apexmcp'),
  };
  await webLogin(machine, sandbox, ['login', 'ai2fin', '-p', 'money', '--url', ai2fin.url]);
  await machine.run(['create', 'k', '-p', 'money']);
  const gate = ['--url', apexmcp.url, '--mcp-url', apexmcp.mcpUrl, '--org', apexmcp.org];
  const client = apexmcp.createClient();
  const env = { MCPKEY_CLIENT_ID: client.clientId, MCPKEY_CLIENT_SECRET: client.clientSecret };
  await machine.run(['login', 'apexmcp', '-p', 'gate', '--client-credentials', ...gate], { env });
  const cloud = sandbox.service('mcp-cloud');
  const stock = sandbox.service('stock-data');
  await machine.run(['profile', 'add', 'mcp-cloud', '-p', 'cloud', '--mcp-url', cloud.mcpUrl]);
  await machine.run(['profile', 'add', 'investra', '-p', 'shares', '--mcp-url', investra.mcpUrl]);
  const login = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  const urls = ['--url', stock.url, '--mcp-url', stock.mcpUrl];
  await machine.run(['login', 'stock-data', '-p', 'stock', ...urls, '--password'], { env: login });
  await machine.run(['create', 'k', '-p', 'stock']);
  for (const [profile, { dashboard }] of [
    ['gate', apexmcp],
    ['cloud', cloud],
    ['shares', investra],
  ] as const) {
    await machine.run(['import', 'k', '-p', profile, '--stdin'], { input: dashboard.create({ name: 'k' }).secret });
  }
});
afterAll(() => sandbox.close());

const SERVICES = {
  money: 'ai2fin',
  gate: 'apexmcp',
  cloud: 'mcp-cloud',
  shares: 'investra',
  stock: 'stock-data',
} as const;
type ProfileName = keyof typeof SERVICES;
interface Said {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
interface Told {
  readonly code: string;
  readonly exit: number;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly retryAfter?: number;
}

const answering = (service: ServiceId, match: RegExp, said: Said) =>
  sandbox.fault(service, { match, times: Number.POSITIVE_INFINITY, action: { kind: 'answer', ...said } });

const rpc = (code: number, message: string, data?: unknown) => ({
  jsonrpc: '2.0',
  id: 1,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
const ai2fin = (code: number, errorType: string, message: string) =>
  rpc(code, code === 401 ? 'Unauthorized' : 'Forbidden', { errorType, message });
const cloud = (code: string, type: string, message: string) => ({ error: { code, message, type } });
const LONG = { 'retry-after': '900' };
const NO_KEY = 'API key not found or has been revoked';
const NO_TOKEN = 'Invalid or expired authentication token';
const MAY_NOT = 'API key does not have permission for this operation';
const DEAD = 'The API key provided is invalid or has been revoked';

describe('at the MCP endpoint', () => {
  it.each<[ref: `${ProfileName}/${string}`, name: string, Said, Told]>([
    [
      'money/k',
      'INVALID_API_KEY',
      { status: 401, body: ai2fin(401, 'INVALID_API_KEY', NO_KEY) },
      {
        code: 'invalid_api_key',
        exit: 3,
        message: new RegExp(NO_KEY),
        hint: /begins with mcp_.*mcpkey create -p money/,
      },
    ],
    [
      'money/k',
      'INVALID_API_KEY inside a 200',
      { status: 200, body: ai2fin(401, 'INVALID_API_KEY', NO_KEY) },
      { code: 'invalid_api_key', exit: 3, message: new RegExp(NO_KEY), hint: /begins with mcp_/ },
    ],
    [
      'money/k',
      'INSUFFICIENT_SCOPE',
      { status: 403, body: ai2fin(403, 'INSUFFICIENT_SCOPE', MAY_NOT) },
      { code: 'insufficient_scope', exit: 4, message: new RegExp(MAY_NOT), hint: /mcp:full/ },
    ],
    [
      'money/k',
      '429 with X-RateLimit-Reset',
      { status: 429, body: rpc(429, 'Too Many Requests'), headers: { 'x-ratelimit-reset': '900' } },
      { code: 'rate_limited', exit: 6, message: /Too Many/, hint: /X-RateLimit-Reset.*batch/, retryAfter: 900 },
    ],
    [
      'money/@login',
      'INVALID_TOKEN',
      { status: 401, body: ai2fin(401, 'INVALID_TOKEN', NO_TOKEN) },
      { code: 'invalid_token', exit: 3, message: new RegExp(NO_TOKEN), hint: /mcpkey login money/ },
    ],
    [
      'money/@login',
      'a 403 that names the scope',
      {
        status: 403,
        body: ai2fin(403, 'INSUFFICIENT_SCOPE', 'no'),
        headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="mcp:full"' },
      },
      { code: 'insufficient_scope', exit: 4, message: /no/, hint: /mcpkey login money --scope mcp:full/ },
    ],
    [
      'cloud/k',
      '401 invalid_api_key',
      { status: 401, body: cloud('invalid_api_key', 'authentication_error', DEAD) },
      { code: 'invalid_api_key', exit: 3, message: new RegExp(DEAD), hint: /mcp_sk_ and 32.*API Keys/ },
    ],
    [
      'cloud/k',
      '403',
      { status: 403, body: cloud('insufficient_permissions', 'permission_error', 'lacks models:read') },
      { code: 'insufficient_scope', exit: 4, message: /lacks models:read/, hint: /scopes.*IP restrictions.*-p cloud/ },
    ],
    [
      'cloud/k',
      '403 from an address that may not use it',
      { status: 403, body: cloud('ip_not_allowed', 'permission_error', 'IP address 192.0.2.7 is not allowed') },
      {
        code: 'insufficient_scope',
        exit: 4,
        message: /may not be used from this address.*192\.0\.2\.7/,
        hint: /IP restrictions.*-p cloud --allow-ip/,
      },
    ],
    [
      'cloud/k',
      '429',
      { status: 429, body: cloud('rate_limit_exceeded', 'rate_limit_error', 'Too many'), headers: LONG },
      { code: 'rate_limited', exit: 6, message: /Too many/, hint: /10, 60 or 300/, retryAfter: 900 },
    ],
    [
      'shares/k',
      '401',
      { status: 401, body: rpc(-32001, 'Unauthorized') },
      { code: 'invalid_api_key', exit: 3, message: /Unauthorized/, hint: /mcpkey create -p shares/ },
    ],
    [
      'shares/k',
      '403',
      { status: 403, body: { error: 'Forbidden' } },
      { code: 'insufficient_scope', exit: 4, message: /Forbidden/, hint: /plan.*pricing/ },
    ],
    [
      'shares/k',
      '429 with Retry-After',
      { status: 429, body: { error: 'Too Many Requests' }, headers: LONG },
      { code: 'rate_limited', exit: 6, message: /Too Many/, hint: /10, 30 or 60.*5,000 a day/, retryAfter: 900 },
    ],
    [
      'gate/k',
      '401',
      { status: 401, body: { error: 'unauthorized', message: 'Missing or invalid credential' } },
      { code: 'invalid_api_key', exit: 3, message: /Missing or invalid/, hint: /mcpkey create -p gate/ },
    ],
    [
      'gate/@login',
      '401 to a token',
      { status: 401, body: { error: 'unauthorized' } },
      { code: 'invalid_token', exit: 3, message: /login was refused/, hint: /mcpkey login gate/ },
    ],
    [
      'gate/@login',
      '403',
      { status: 403, body: { error: 'forbidden', message: 'insufficient scope' } },
      { code: 'insufficient_scope', exit: 4, message: /insufficient scope/, hint: /login gate --scope mcp:call/ },
    ],
    [
      'gate/k',
      '429, limit or monthly quota',
      { status: 429, body: { error: 'too_many_requests', message: 'monthly quota exceeded' }, headers: LONG },
      { code: 'rate_limited', exit: 6, message: /monthly quota is used up/, hint: /monthly quota/, retryAfter: 900 },
    ],
    [
      'gate/k',
      '429, the limit of requests',
      { status: 429, body: { error: 'too_many_requests', message: 'slow down' }, headers: LONG },
      { code: 'rate_limited', exit: 6, message: /slow down/, hint: /rate limit/, retryAfter: 900 },
    ],
    [
      'stock/k',
      'a wrong key',
      { status: 401, body: rpc(-32001, 'Invalid or expired API key') },
      { code: 'invalid_api_key', exit: 3, message: /Invalid or expired/, hint: /mcpkey create -p stock/ },
    ],
    [
      'stock/k',
      'no key',
      { status: 401, body: rpc(-32001, 'API key required. Provide it as Authorization: Bearer sk-...') },
      { code: 'api_key_required', exit: 3, message: /API key required/, hint: /mcpkey place/ },
    ],
  ])('%s: %s', async (ref, _name, said, told) => {
    const service = SERVICES[ref.split('/')[0] as ProfileName];
    const planted = answering(service, /POST \/(mcp|messages|api\/mcp$|api\/mcp )/, said);
    const { code: _, exit, ...expected } = told;
    const document = await machine.json(VERIFY, ['verify', ref], { code: exit });
    const rows = await machine.json(ROWS, ['doctor', '--check', 'key.probe'], { code: exit === 6 ? 0 : 10 });
    planted.remove();
    const { message, hint, ...error } = expected;
    expect(document).toMatchObject({ ok: false, error: { ...error, code: told.code, provider: service } });
    expect([document.error?.message, document.error?.hint]).toEqual([
      expect.stringMatching(message),
      expect.stringMatching(hint),
    ]);
    // A login that no client uses is not asked.
    if (!ref.endsWith('@login')) {
      const state = exit === 6 ? 'warning' : 'error';
      const told = { state, seen: expect.stringMatching(message), advice: expect.stringMatching(hint) };
      expect(rows.find(({ subject }) => subject === ref)).toMatchObject(told);
    }
    const status = said.status === 200 ? 401 : said.status;
    expect([document.status, document.error?.status]).toEqual([status, status]);
  });
});

describe('at the key API', () => {
  it.each<[profile: ProfileName, name: string, args: readonly string[], Said, Told]>([
    [
      'money',
      '401',
      ['list'],
      { status: 401, body: { error: 'Unauthorized', message: NO_TOKEN } },
      { code: 'invalid_token', exit: 3, message: new RegExp(NO_TOKEN), hint: /mcpkey login money/ },
    ],
    [
      'money',
      '403',
      ['create', 'x'],
      { status: 403, body: { error: 'Forbidden', message: 'Admins only' } },
      { code: 'insufficient_scope', exit: 4, message: /Admins only/, hint: /mcpkey login money.*docs\.ai2fin\.com/ },
    ],
    [
      'money',
      '400',
      ['create', 'x'],
      { status: 400, body: { error: 'Bad Request', message: 'at most 10 keys' } },
      { code: 'refused', exit: 1, message: /at most 10 keys/, hint: /docs\.ai2fin\.com/ },
    ],
    [
      'money',
      '429',
      ['list'],
      { status: 429, body: { message: 'slow' }, headers: { 'x-ratelimit-reset': '900' } },
      { code: 'rate_limited', exit: 6, message: /slow/, hint: /X-RateLimit-Reset/, retryAfter: 900 },
    ],
    [
      'stock',
      '401 in Chinese',
      ['list'],
      { status: 401, body: { detail: '登录已过期，请重新登录' } },
      { code: 'invalid_token', exit: 3, message: /登录已过期/, hint: /mcpkey login stock/ },
    ],
    [
      'stock',
      '422',
      ['create', 'x'],
      { status: 422, body: { detail: [{ loc: ['body', 'key_name'], msg: 'too long', type: 'x' }] } },
      { code: 'refused', exit: 1, message: /too long/, hint: /100 characters/ },
    ],
    [
      'stock',
      'keys not mounted',
      ['list'],
      { status: 404, body: { detail: 'Not Found' } },
      { code: 'unsupported', exit: 1, message: /\/api\/mcp-keys.*404/, hint: /import NAME -p stock/ },
    ],
    [
      'stock',
      'usage not mounted',
      ['usage'],
      { status: 404, body: { detail: 'Not Found' } },
      { code: 'unsupported', exit: 1, message: /\/api\/mcp-usage.*404/, hint: /update it/ },
    ],
    [
      'stock',
      'a failure with 200',
      ['create', 'x'],
      { status: 200, body: { success: false, message: '创建失败：名称已存在', api_key: '', key_id: '' } },
      { code: 'refused', exit: 1, message: /名称已存在/, hint: /\w/ },
    ],
  ])('%s: %s', async (profile, _name, args, said, told) => {
    const planted = answering(SERVICES[profile], /\/api\/(api-keys|mcp-keys|mcp-usage)/, said);
    const failure = await failureOf(machine, [...args, '-p', profile]);
    planted.remove();
    const { message, hint, ...expected } = told;
    expect(failure).toMatchObject({ ...expected, provider: SERVICES[profile], status: said.status });
    expect([failure.message, failure.hint]).toEqual([expect.stringMatching(message), expect.stringMatching(hint)]);
  });
});

describe('at the login', () => {
  it.each<[name: string, Said, Told]>([
    [
      'a wrong password',
      { status: 401, body: { detail: '邮箱或密码错误' } },
      { code: 'not_logged_in', exit: 3, message: /邮箱或密码错误/, hint: /log in again/ },
    ],
    [
      'a wrong form',
      { status: 422, body: { detail: [{ loc: ['body', 'email'], msg: 'not an email', type: 'x' }] } },
      { code: 'usage', exit: 2, message: /email: not an email/, hint: /e-mail/ },
    ],
    [
      'no such route',
      { status: 404, body: { detail: 'Not Found' } },
      { code: 'unsupported', exit: 1, message: /does not exist/, hint: /--url/ },
    ],
  ])('stock: %s', async (_name, said, { message, hint, ...expected }) => {
    const planted = answering('stock-data', /\/api\/auth\/login/, said);
    const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
    const failure = await failureOf(machine, ['login', 'stock', '--password'], { env });
    planted.remove();
    expect(failure).toMatchObject({ ...expected, provider: 'stock-data', status: said.status });
    expect([failure.message, failure.hint]).toEqual([expect.stringMatching(message), expect.stringMatching(hint)]);
  });

  it.each<[error: string, code: string, exit: number, hint: RegExp]>([
    ['invalid_client', 'not_logged_in', 3, /MCPKEY_CLIENT_SECRET/],
    ['invalid_scope', 'usage', 2, /--scope/],
    ['unauthorized_client', 'unsupported', 1, /another --client-id/],
    ['made_up', 'refused', 1, /--verbose/],
  ])('gate: %s', async (error, code, exit, hint) => {
    const status = error === 'invalid_client' ? 401 : 400;
    const planted = answering('apexmcp', /\/oauth\/token/, { status, body: { error } });
    const env = { MCPKEY_CLIENT_ID: 'apx_client_x', MCPKEY_CLIENT_SECRET: ['apx', 'secret', 'x'].join('_') };
    const failure = await failureOf(machine, ['login', 'gate', '--client-credentials'], { env });
    planted.remove();
    expect(failure).toMatchObject({ code, exit, provider: 'apexmcp', hint: expect.stringMatching(hint) });
  });
});
