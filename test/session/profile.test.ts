/** Profiles with the built program. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, mcpkeyJson } from '../helpers/cli.ts';
import { makeToken } from '../helpers/tokens.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

interface Row {
  profile: string;
  url: string | null;
  mcpUrl: string | null;
  default: boolean;
  loggedIn: boolean | null;
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'investra'] });
});
afterAll(() => sandbox.close());

const add = (home: Home, ...args: string[]) => mcpkeyJson<Row[]>(['profile', 'add', ...args], { home });
const refused = async (home: Home, args: readonly string[], code: number) => {
  const { stderr, stdout, code: given } = await mcpkey([...args, '--json'], { home });
  expect([given, stdout]).toEqual([code, '']);
  return (JSON.parse(stderr) as { error: { code: string; message: string; hint: string } }).error;
};

describe('add', () => {
  test('the first profile is the default; addresses that the service fixes are filled in', async () => {
    const home = await createHome();
    expect(await add(home, 'stock-data', '-p', 'stock', '--url', 'https://stock.example:8000/')).toEqual([
      {
        profile: 'stock',
        provider: 'stock-data',
        url: 'https://stock.example:8000',
        mcpUrl: 'https://stock.example:8001/messages',
        org: null,
        default: true,
        loggedIn: false,
      },
    ]);
    await add(home, 'ai2fin');
    const rows = await mcpkeyJson<Row[]>(['profile', 'list'], { home });
    expect(rows.map((row) => [row.profile, row.default])).toEqual([
      ['stock', true],
      ['ai2fin', false],
    ]);
  });

  test('generic is named after the host, a second endpoint of it gets a number', async () => {
    const home = await createHome();
    const [first] = await add(
      home,
      'generic',
      '--mcp-url',
      'https://mcp.example.com/a',
      '--header',
      'X-API-Key',
      '--dashboard',
      'https://example.com/keys',
      '--key-pattern',
      '^k_',
    );
    const [second] = await add(home, 'generic', '--mcp-url', 'https://mcp.example.com/b');
    expect([first?.profile, second?.profile]).toEqual(['mcp.example.com', 'mcp.example.com-2']);
    expect(await mcpkeyJson(['profile', 'show', 'mcp.example.com'], { home })).toMatchObject({
      header: 'X-API-Key',
      dashboard: 'https://example.com/keys',
      keyPattern: '^k_',
    });
  });

  test('a local server: its words without a shell', async () => {
    const home = await createHome();
    const [row] = await add(
      home,
      'generic',
      '--command',
      "npx -y @acme/mcp --root 'My Files'",
      '--env',
      'ACME_API_KEY',
    );
    expect(row?.profile).toBe('acme-mcp');
    expect(await mcpkeyJson(['profile', 'show'], { home })).toMatchObject({
      command: ['npx', '-y', '@acme/mcp', '--root', 'My Files'],
      env: 'ACME_API_KEY',
      mcpUrl: null,
    });
  });

  test.each<[string, string[], number, string, RegExp]>([
    ['a name in use', ['stock-data', '-p', 'stock', '--url', 'https://stock.example'], 1, 'conflict', /exists already/],
    ['the same name for another provider', ['ai2fin', '-p', 'stock'], 1, 'conflict', /belongs to stock-data/],
    ['an unknown provider', ['stok-data'], 5, 'not_found', /stock-data/],
    ['a missing address', ['stock-data', '-p', 'b'], 2, 'usage', /--url/],
    ['http to another host', ['stock-data', '-p', 'b', '--url', 'http://stock.example'], 2, 'usage', /http/],
    ['a name with a slash', ['ai2fin', '-p', 'a/b'], 2, 'usage', /\//],
    ['a name that begins with @', ['ai2fin', '-p', '@a'], 2, 'usage', /@/],
    ['an open quote', ['generic', '--command', "npx 'x", '--env', 'A'], 2, 'usage', /open/],
    ['a command without its variable', ['generic', '--command', 'npx x'], 2, 'usage', /--env/],
    ['signing where nothing is signed', ['ai2fin', '--sign'], 2, 'usage', /sign/],
  ])('%s is refused, and nothing is added', async (_title, args, code, kind, message) => {
    const home = await createHome();
    await add(home, 'stock-data', '-p', 'stock', '--url', 'https://stock.example');
    const error = await refused(home, ['profile', 'add', ...args], code);
    expect([error.code, error.message]).toEqual([kind, expect.stringMatching(message)]);
    expect(await mcpkeyJson<Row[]>(['profile', 'list'], { home })).toHaveLength(1);
  });
});

describe('use, set, remove', () => {
  test('the default moves; a profile that is gone is named with the nearest', async () => {
    const home = await createHome();
    await add(home, 'ai2fin');
    await add(home, 'investra');
    expect(await mcpkeyJson(['profile', 'use', 'investra'], { home })).toMatchObject([
      { profile: 'investra', default: true },
    ]);
    expect(await refused(home, ['profile', 'use', 'investr'], 5)).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('investra'),
    });
    expect(await mcpkeyJson(['profile', 'remove', 'investra'], { home })).toMatchObject([{ profile: 'investra' }]);
    expect(await mcpkeyJson(['profile', 'list'], { home })).toMatchObject([{ profile: 'ai2fin', default: true }]);
  });

  test('settings are changed and taken away', async () => {
    const home = await createHome();
    await add(home, 'mcp-cloud', '--mcp-url', 'https://x.mcp-cloud.ai/mcp');
    const show = () => mcpkeyJson(['profile', 'show', 'mcp-cloud'], { home });
    await mcpkeyJson(['profile', 'set', 'mcp-cloud', '--sign', '--mcp-url', 'https://x.mcp-cloud.ai/v2/mcp'], { home });
    expect(await show()).toMatchObject({ sign: true, mcpUrl: 'https://x.mcp-cloud.ai/v2/mcp' });
    await mcpkeyJson(['profile', 'set', 'mcp-cloud', '--unset', 'sign'], { home });
    expect(await show()).toMatchObject({ sign: false });
    expect((await refused(home, ['profile', 'set', 'mcp-cloud'], 2)).code).toBe('usage');
    expect((await refused(home, ['profile', 'set', 'mcp-cloud', '--unset', 'colour'], 2)).hint).toContain('allow-http');
    expect((await refused(home, ['profile', 'set', 'mcp-cloud', '--unset', 'mcp-url'], 2)).code).toBe('usage');
  });

  test('a profile with keys moves only when someone says so, and is not removed', async () => {
    const home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await mcpkeyJson(['login', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', mcpUrl], { home });
    await mcpkeyJson(['create', 'ci'], { home });
    const move = ['profile', 'set', 'stock', '--mcp-url', 'http://127.0.0.1:9/messages'];
    expect(await refused(home, move, 2)).toMatchObject({ code: 'usage', hint: expect.stringContaining('--yes') });
    expect(await mcpkeyJson(['whoami'], { home })).toMatchObject([{ loggedIn: true }]);
    expect(await refused(home, ['profile', 'remove', 'stock'], 1)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('stock/ci'),
    });
    expect(await mcpkeyJson([...move, '-y'], { home })).toMatchObject([
      { mcpUrl: 'http://127.0.0.1:9/messages', loggedIn: false },
    ]);
    await mcpkeyJson(['profile', 'set', 'stock', '--mcp-url', mcpUrl, '-y'], { home });
    expect(await mcpkeyJson(['verify', 'stock/ci'], { home })).toMatchObject({ ok: true });
  });

  test('a login to another address than the profile has is a conflict', async () => {
    const home = await createHome();
    await add(home, 'stock-data', '--url', 'https://stock.example');
    const error = await refused(home, ['login', 'stock-data', '--url', 'https://other.example'], 1);
    expect([error.code, error.hint]).toEqual([
      'conflict',
      expect.stringContaining('mcpkey profile set stock-data --url https://other.example'),
    ]);
  });
});

describe('whoami and logout', () => {
  test('a token in the environment is used by the one profile that is meant', async () => {
    const home = await createHome();
    await add(home, 'ai2fin');
    await add(home, 'investra');
    const token = makeToken({ sub: 'bot' });
    const who = async (env: Record<string, string>) =>
      (
        await mcpkeyJson<{ profile: string; account: string | null; loggedIn: boolean }[]>(['whoami'], { home, env })
      ).map((row) => [row.profile, row.account, row.loggedIn]);
    expect(await who({ MCPKEY_TOKEN: token })).toEqual([
      ['ai2fin', null, false],
      ['investra', null, false],
    ]);
    expect(await who({ MCPKEY_TOKEN: token, MCPKEY_PROFILE: 'investra' })).toEqual([
      ['ai2fin', null, false],
      ['investra', 'bot', true],
    ]);
    expect(await who({ MCPKEY_AI2FIN_TOKEN: token })).toEqual([
      ['ai2fin', 'bot', true],
      ['investra', null, false],
    ]);
  });

  test('logout forgets the tokens and says what the server did not do', async () => {
    const home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await mcpkeyJson(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl], { home });
    const { code, stdout, stderr } = await mcpkey(['logout'], { home });
    expect([code, stdout]).toEqual([0, 'Logged out of stock-data.\n']);
    expect(stderr).toContain('not revoked');
    expect(await mcpkeyJson(['whoami'], { home })).toMatchObject([{ loggedIn: false, account: null }]);
    expect(await mcpkeyJson(['logout'], { home })).toMatchObject([{ profile: 'stock-data', loggedIn: false }]);
  });

  test('logging in and out is in the history', async () => {
    const home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await mcpkeyJson(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl], { home });
    await mcpkeyJson(['logout'], { home });
    const entries = await mcpkeyJson<{ command: string; ref: string }[]>(['log'], { home });
    const said = entries.map((entry) => `${entry.command} ${entry.ref}`).sort();
    expect(said).toEqual(['login stock-data/@login', 'logout stock-data/@login']);
  });
});
