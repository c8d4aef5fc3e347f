import { describe, expect, it, test } from 'vitest';
import { adopt, findAdoption } from '../../src/adopt/adopt.ts';
import { detect, type EntryText } from '../../src/adopt/detect.ts';
import { findCredentials } from '../../src/adopt/find.ts';
import { keyForms } from '../../src/adopt/forms.ts';
import { createPlacingMachine } from '../placement/machine.ts';

/** Made up, and put together here so that no scanner takes it for a real one. */
const value = (length = 32) => 'a1B2c3D4e5F6g7H8'.repeat(8).slice(0, length);
const stockKey = () => ['sk', '0123456789abcdef'.repeat(4)].join('-');

const textsOf = (entry: unknown, where: readonly string[] = []): EntryText[] =>
  typeof entry === 'string'
    ? [{ where, value: entry }]
    : Object.entries(entry ?? {}).flatMap(([key, member]) => textsOf(member, [...where, key]));

const machine = await createPlacingMachine();
const forms = await keyForms(machine.context);
const found = (entry: unknown) =>
  detect(textsOf(entry), forms).map(({ where, kind, name, scheme, value: secret, provider }) => ({
    where: where.join('.'),
    kind,
    name,
    scheme,
    secret,
    provider,
  }));

describe('a credential in clear', () => {
  test.each<[string, unknown, Partial<ReturnType<typeof found>[number]>]>([
    [
      'a header',
      { url: 'https://a.example', headers: { 'X-API-Key': value() } },
      { kind: 'header', name: 'X-API-Key' },
    ],
    [
      'a bearer token',
      { url: 'https://a.example', headers: { Authorization: `Bearer ${value()}` } },
      { kind: 'bearer', scheme: 'Bearer' },
    ],
    [
      "codex' headers",
      { url: 'https://a.example', http_headers: { Authorization: `Bearer ${value()}` } },
      { kind: 'bearer' },
    ],
    ['headers further down', { requestOptions: { headers: { 'X-Acme-Key': value() } } }, { kind: 'header' }],
    [
      'a field that is sent as bearer',
      { url: 'https://a.example', apiKey: value() },
      { kind: 'bearer', name: 'apiKey' },
    ],
    ['a variable', { command: 'npx', env: { BRAVE_API_KEY: value() } }, { kind: 'env', name: 'BRAVE_API_KEY' }],
    ['a short password', { command: 'npx', env: { DB_PASSWORD: 'tr0ub4dor' } }, { kind: 'env', secret: 'tr0ub4dor' }],
    [
      'the address of a database',
      { command: 'npx', env: { DATABASE_URL: 'postgres://ann:hunter22@db.example/shop' } },
      { kind: 'env', secret: 'postgres://ann:hunter22@db.example/shop' },
    ],
    [
      'a variable for docker',
      { command: 'docker', args: ['run', '-e', `GH_TOKEN=${value()}`, 'x'] },
      { kind: 'env', name: 'GH_TOKEN' },
    ],
    [
      'a header option',
      { command: 'npx', args: ['mcp-remote', 'https://a.example', '--header', `Authorization: Bearer ${value()}`] },
      { kind: 'bearer', name: 'Authorization', where: 'args.3' },
    ],
    ['a header option without a blank', { command: 'npx', args: ['-H', `X-API-Key:${value()}`] }, { kind: 'header' }],
    [
      'an option',
      { command: 'npx', args: ['acme', '--api-key', value()] },
      { kind: 'arg', name: 'api-key', where: 'args.2' },
    ],
    [
      'an option with its value',
      { command: 'npx', args: ['acme', `--token=${value()}`] },
      { kind: 'arg', name: 'token' },
    ],
    [
      'one list for program and words',
      { command: ['npx', 'acme', '--token', value()] },
      { kind: 'arg', where: 'command.3' },
    ],
    [
      'a query',
      { url: `https://a.example/mcp?api_key=${value()}&x=1` },
      { kind: 'url-query', name: 'api_key', secret: value() },
    ],
    ['a query named in camel case', { serverUrl: `https://a.example/mcp?exaApiKey=${value()}` }, { kind: 'url-query' }],
    [
      'a password in an address',
      { url: `https://ann:${value()}@a.example` },
      { kind: 'url-password', secret: value() },
    ],
  ])('is found: %s', (_what, entry, wanted) => {
    const [first, ...more] = found(entry);
    expect(first).toMatchObject({ secret: value(), ...wanted });
    expect(more).toEqual([]);
  });

  it('is found by its form wherever it stands, with whose it is', () => {
    expect(found({ command: 'npx', args: ['acme', stockKey()] })).toMatchObject([
      { kind: 'arg', name: null, secret: stockKey(), provider: 'stock-data' },
    ]);
    expect(found({ command: 'npx', env: { ACME: stockKey() } })).toMatchObject([{ kind: 'env', name: 'ACME' }]);
    expect(found({ headers: { Authorization: `Bearer ${stockKey()}` } })).toMatchObject([{ provider: 'stock-data' }]);
    expect(found({ command: 'npx', args: [['ghp', value(36)].join('_')] })).toMatchObject([{ kind: 'arg' }]);
  });

  it('is told once for each of several', () => {
    const env = { ONE_API_KEY: value(), TWO_TOKEN: value(20), NAME: 'x' };
    expect(found({ command: 'npx', env }).map(({ name }) => name)).toEqual(['ONE_API_KEY', 'TWO_TOKEN']);
  });
});

describe('no credential', () => {
  test.each<[string, unknown]>([
    ['a reference', { headers: { Authorization: `Bearer \${STOCK_KEY}` } }],
    ["Cursor's", { headers: { Authorization: `Bearer \${env:STOCK_KEY}` } }],
    ["OpenCode's", { headers: { 'X-API-Key': '{env:STOCK_KEY}' } }],
    ["Continue's", { env: { A_KEY: `\${{ secrets.A_KEY }}` } }],
    ['a dollar name', { env: { A_KEY: '$A_KEY_OF_MINE' } }],
    ["crush's command", { headers: { Authorization: 'Bearer $(mcpkey get stock/ci)' } }],
    ['an input', { headers: { Authorization: `Bearer \${input:key}` } }],
    ["another vault's address", { env: { A_TOKEN: 'op://vault/item/field' } }],
    ['a placeholder', { env: { A_API_KEY: '<your-key-here>', B_API_KEY: 'YOUR_API_KEY', C_TOKEN: 'xxxxxxxx' } }],
    [
      'a path',
      { env: { PRIVATE_KEY: '/home/ann/.ssh/id', GOOGLE_CREDENTIALS: './key.json', A_KEY: 'C:\\keys\\a.pem' } },
    ],
    [
      'what tells about one',
      { env: { KEY_ID: value(), TOKEN_URL: 'https://a.example/token', TOKEN_TYPE: 'bearer-ish' } },
    ],
    ['a number', { env: { MAX_TOKENS: '200000', TOKEN_LIMIT: '1000000' } }],
    ['a setting', { env: { THEME_KEY: 'solarized-dark', SORT_KEY: 'created_at' } }],
    ['a long text', { env: { NOTES: value(64) }, args: ['--name', value(64)], description: value(64) }],
    ['an address', { url: `https://a.example/${value(20)}/mcp?tools=all` }],
    ['a hash in a version', { command: 'npx', args: ['-y', `@acme/mcp@1.2.3-${value(40)}`] }],
    [
      "mcpkey's own words",
      { command: '/x/app/mcpkey', args: ['exec', '--no-mask', '--env', 'BRAVE_API_KEY=brave/key', '--', 'npx'] },
    ],
    [
      "mcpkey's own variables",
      { command: '/x/mcpkey', args: ['proxy', 'a'], env: { MCPKEY_VAULT_SECRET_ID: '/x', MCPKEY_AGE_KEY: value() } },
    ],
  ])('%s', (_what, entry) => expect(found(entry)).toEqual([]));

  it('but what a wrapped program is given in clear is one', () => {
    const args = ['exec', '--env', 'A_KEY=acme/key', '--', 'npx', 'acme', '--token', value()];
    expect(found({ command: 'mcpkey', args })).toMatchObject([{ where: 'args.7' }]);
  });
});

describe('the search', () => {
  it('reads every scope of every client, and tells file, line and column, never the value', async () => {
    const home = await createPlacingMachine();
    const { dir, write } = home.home;
    const entry = (text: string) =>
      `{\n  "mcpServers": {\n    "acme": { "command": "npx",\n      "env": { "ACME_API_KEY": "${text}" } }\n  }\n}\n`;
    const paths = [
      await write(
        '.claude.json',
        `{"projects":{"${dir}/shop":{"mcpServers":{"here":{"url":"https://a.example","headers":{"X-API-Key":"${value()}"}}}}}}`,
      ),
      await write('.cursor/mcp.json', entry(value())),
      await write('shop/.mcp.json', entry(value(40))),
    ];
    const broken = await write('.config/Claude/claude_desktop_config.json', '{"mcpServers": {,}');
    const context = await home.fresh({}, `${dir}/shop`);
    const search = await findCredentials(context);
    const seen = search.findings.filter(({ client }) => ['claude-code', 'cursor'].includes(client));
    expect(seen.map(({ path, scope, line, column }) => ({ path, scope, line, column }))).toEqual(
      expect.arrayContaining([
        { path: paths[0], scope: 'local', line: 1, column: expect.any(Number) },
        { path: paths[1], scope: 'user', line: 4, column: 32 },
        { path: paths[2], scope: 'project', line: 4, column: 32 },
      ]),
    );
    expect(search.broken.map(({ path }) => path)).toEqual([broken]);
    expect(JSON.stringify(search.findings)).not.toContain(value());
    expect(seen.every(({ masked }) => masked.startsWith('a1B2…'))).toBe(true);
  });

  it('finds what a client keeps of other projects in its own file', async () => {
    const home = await createPlacingMachine();
    const { dir, write } = home.home;
    await write('shop/README.md', 'a shop\n');
    const servers = { acme: { type: 'http', url: 'https://a.example', headers: { 'X-API-Key': value() } } };
    const gone = `${dir}/gone`;
    const projects = {
      [`${dir}/shop`]: { mcpServers: servers },
      [gone]: { mcpServers: servers },
      '/x': { mcpServers: {} },
    };
    await write('.claude.json', JSON.stringify({ projects }));
    const { servers: found } = await findCredentials(home.context);
    expect(found.map(({ dir: folder, file }) => [file.scope, folder])).toEqual([
      ['local', `${dir}/shop`],
      ['local', gone],
    ]);
    const { plan } = await findAdoption(await home.fresh());
    expect(plan.servers.map(({ found: { dir: folder } }) => folder)).toEqual([`${dir}/shop`]);
    expect(plan.left.map(({ why }) => why)).toEqual([expect.stringContaining(gone)]);
    await adopt(await home.fresh(), await findAdoption(await home.fresh()));
    const after = JSON.parse(await home.home.read('.claude.json')).projects;
    expect(after[`${dir}/shop`].mcpServers.acme.args).toEqual(['proxy', 'a.example/acme']);
    expect(after[gone].mcpServers).toEqual(servers);
    expect((await home.context.ledger.key('a.example', 'acme'))?.placements).toMatchObject([
      { scope: 'local', dir: `${dir}/shop` },
    ]);
  });

  it('says which plain entries mcpkey was asked for', async () => {
    const home = await createPlacingMachine();
    const { credential } = await home.key({ name: 'stock' });
    const { placeCredential } = await import('../../src/placement/place.ts');
    await placeCredential(home.context, credential, ['cursor'], { mode: 'plain' });
    const { findings } = await findCredentials(await home.fresh());
    expect(findings).toMatchObject([{ client: 'cursor', ref: 'stock/ci', kind: 'bearer' }]);
  });

  it('finds nothing in what mcpkey placed', async () => {
    const home = await createPlacingMachine();
    const { credential } = await home.key({ name: 'stock' });
    const local = await home.key({
      name: 'acme',
      mcpUrl: undefined,
      command: ['npx', 'acme'],
      variable: 'ACME_API_KEY',
    });
    const { placeCredential } = await import('../../src/placement/place.ts');
    const context = await home.fresh();
    await placeCredential(context, credential, ['cursor', 'claude-code', 'claude-desktop']);
    await placeCredential(context, credential, ['claude-code'], { mode: 'helper', name: 'h' });
    await placeCredential(context, credential, ['claude-code'], { mode: 'env', name: 'e' });
    await placeCredential(context, local.credential, ['cursor', 'claude-code', 'claude-desktop']);
    expect((await findCredentials(context)).findings).toEqual([]);
  });
});
