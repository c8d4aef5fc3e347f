/** What single clients want otherwise than their fixtures show. */
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile, EntryCommand, EntryRequest, EntrySite } from '../../src/clients/types.ts';
import { REQUESTS } from '../conformance/client.ts';

const URL = 'https://stock.example/messages';
const RUN: EntryCommand = { command: '/x/mcpkey', args: ['proxy', 'stock/ci'], env: {} };
const PROXY: EntryRequest = { mode: 'proxy', run: RUN };
const LOCAL: EntryCommand = { command: 'npx', args: ['-y', '@acme/mcp'], env: { REGION: 'eu' } };
const FILE: ClientFile = { scope: 'user', path: '/x', format: 'jsonc', servers: ['mcpServers'] };
const SITE: EntrySite = { server: 'stock', platform: 'linux', scope: 'user', file: FILE };

const entry = (client: Client, request: EntryRequest, site: Partial<EntrySite> = {}) =>
  client.entry(request, { ...SITE, ...site });
const header = (name: string, prefix: string): EntryRequest => ({
  mode: 'env',
  url: URL,
  headers: { [name]: { prefix, variable: 'STOCK_KEY' } },
});
const local = (variables: Record<string, string>): EntryRequest => ({ mode: 'env', run: LOCAL, variables });
const unsupported = expect.objectContaining({ code: 'unsupported' });

describe('codex', () => {
  const { codex } = CLIENTS;

  it('names a variable for a header of its own, and for a bearer', () => {
    expect(entry(codex, header('X-API-Key', ''))).toEqual({ url: URL, env_http_headers: { 'X-API-Key': 'STOCK_KEY' } });
    expect(entry(codex, header('authorization', 'Bearer '))).toEqual({ url: URL, bearer_token_env_var: 'STOCK_KEY' });
    expect(() => entry(codex, header('Authorization', 'Token '))).toThrow(unsupported);
    expect(() => entry(codex, header('X-Token', 'Bearer '))).toThrow(unsupported);
  });

  it('hands a variable on to a local server by its own name alone', () => {
    const { command, args, env } = LOCAL;
    expect(entry(codex, local({ ACME_KEY: 'ACME_KEY' }))).toEqual({ command, args, env, env_vars: ['ACME_KEY'] });
    expect(() => entry(codex, local({ ACME_KEY: 'OTHER' }))).toThrow(unsupported);
  });

  it.each([
    ['linux', 'user', {}, ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR']],
    ['linux', 'user', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' }, ['XDG_RUNTIME_DIR']],
    ['linux', 'project', {}, undefined],
    ['darwin', 'user', {}, undefined],
    ['win32', 'user', {}, undefined],
  ] as const)('on %s, in the %s file, with %j, hands on %j', (platform, scope, env, names) => {
    const made = entry(codex, { mode: 'proxy', run: { ...RUN, env } }, { platform, scope });
    expect(made.env_vars).toEqual(names);
  });

  it('quotes what a shell would read otherwise in the helper’s line', () => {
    const run = { command: '/a b/mcpkey', args: ['headers', "o'k/ci"], env: { MCPKEY_HOME: '/my home' } };
    expect(entry(codex, { mode: 'helper', url: URL, run })).toEqual({
      url: URL,
      http_headers_helper: `env 'MCPKEY_HOME=/my home' '/a b/mcpkey' headers 'o'\\''k/ci'`,
    });
  });
});

describe('goose', () => {
  it('names the variable of a local server where both are called the same', () => {
    const made = entry(CLIENTS.goose, local({ ACME_KEY: 'ACME_KEY' }));
    expect(made).toMatchObject({ name: 'stock', cmd: 'npx', envs: { REGION: 'eu' }, env_keys: ['ACME_KEY'] });
    expect(() => entry(CLIENTS.goose, local({ ACME_KEY: 'OTHER' }))).toThrow(unsupported);
  });
});

describe('copilot-cli', () => {
  it('writes into a project’s file the very entry that Claude Code writes there', () => {
    for (const request of Object.values(REQUESTS).filter(({ mode }) => mode !== 'helper')) {
      const project = { scope: 'project' } as const;
      expect(entry(CLIENTS['copilot-cli'], request, project)).toEqual(entry(CLIENTS['claude-code'], request, project));
    }
  });
});

describe('kilo-code', () => {
  const kilo = CLIENTS['kilo-code'];

  it('writes the old shape into the old file, where nothing is expanded', () => {
    const plain: EntryRequest = { mode: 'plain', url: URL, headers: { A: 'VALUE' } };
    const old = { type: 'streamable-http', url: URL, headers: { A: 'VALUE' } };
    expect(entry(kilo, plain)).toEqual(old);
    expect(kilo.read(old)).toMatchObject({ url: URL, headers: { A: 'VALUE' } });
    const { command, args } = RUN;
    expect(entry(kilo, PROXY)).toEqual({ command, args });
    expect(kilo.read({ command, args, env: { A: '1' } })).toEqual({
      url: undefined,
      headers: {},
      ...RUN,
      env: { A: '1' },
    });
    expect(() => entry(kilo, header('Authorization', 'Bearer '))).toThrow(unsupported);
    const one = { type: 'local', command: ['acme-mcp'], environment: { A: '1' } };
    expect(kilo.read(one)).toMatchObject({ command: 'acme-mcp', args: [], env: { A: '1' } });
  });
});

describe('trae', () => {
  it('starts a command whose path has a blank by env', () => {
    const run = { ...RUN, command: '/Users/ann/Library/Application Support/mcpkey/mcpkey' };
    expect(entry(CLIENTS.trae, { mode: 'proxy', run })).toEqual({
      command: '/usr/bin/env',
      args: [run.command, ...run.args],
    });
    expect(entry(CLIENTS.trae, PROXY)).toEqual({ command: RUN.command, args: RUN.args });
  });
});

describe('5ire', () => {
  it('gives an item of an old file’s list its key', () => {
    const file = { ...FILE, servers: ['servers'], named: 'key' };
    expect(entry(CLIENTS['5ire'], PROXY, { file })).toEqual({ key: 'stock', command: RUN.command, args: RUN.args });
  });
});

describe('continue', () => {
  it('reads the headers of a file in Claude’s shape as well', () => {
    expect(CLIENTS.continue.read({ url: URL, headers: { A: 'x' } })).toMatchObject({ headers: { A: 'x' } });
  });
});

describe('mcporter', () => {
  it('reads an address by either of its names', () => {
    expect(CLIENTS.mcporter.read({ baseUrl: URL, headers: { A: 'x' } })).toMatchObject({
      url: URL,
      headers: { A: 'x' },
    });
    expect(CLIENTS.mcporter.read({ url: URL })).toMatchObject({ url: URL });
  });
});

describe('opencode', () => {
  it.each([
    ['{"mcp":{"servers":{"a":{"type":"remote","url":"u"}}}}', ['mcp', 'servers']],
    ['\uFEFF{ // mine\n "mcp": { "servers": { "a": {}, } } }', ['mcp', 'servers']],
    ['{"mcp":{"servers":{"type":"remote","url":"u","enabled":true}}}', ['mcp']],
    ['{"mcp":{"servers":{"type":"local","command":["a"]}}}', ['mcp']],
    ['{"mcp":{"servers":{}}}', ['mcp', 'servers']],
    ['{"mcp":{', ['mcp']],
    ['{"mcp":[]}', ['mcp']],
    ['', ['mcp']],
  ])('keeps the place that %s has for its servers', (text, servers) => {
    const path = '/home/ann/.config/opencode/opencode.json';
    const [file] = CLIENTS.opencode.files({
      platform: 'linux',
      home: '/home/ann',
      env: {},
      dir: '/work',
      exists: (each) => each === path,
      names: () => [],
      read: (each) => (each === path ? text : undefined),
    });
    expect(file).toMatchObject({ path, servers });
  });
});

it.each([
  ['crush', '/work', ['.crush.json', 'crush.json'], 'crush.json'],
  ['visual-studio', '/work', ['.vs/mcp.json'], '.vs/mcp.json'],
  ['opencode', '/work', ['opencode.jsonc', 'opencode.json'], 'opencode.json'],
  ['opencode', '/home/ann/.config/opencode', ['opencode.jsonc', 'opencode.json'], 'opencode.json'],
  ['kilo-code', '/work', ['.kilo/kilo.jsonc', 'kilo.json'], 'kilo.json'],
  ['kilo-code', '/home/ann/.config/kilo', ['kilo.jsonc', 'kilo.json'], 'kilo.json'],
] as const)('%s: reads in %s, with %j there, also %s', (id, dir, there, aside) => {
  const files = CLIENTS[id].files({
    platform: 'linux',
    home: '/home/ann',
    env: {},
    dir,
    exists: (path) => there.some((each) => path === `${dir}/${each}`),
    names: () => [],
    read: () => undefined,
  });
  // In the user's own folder the project's file is the user's.
  const seen = new Set(files.filter((file) => file.aside).map(({ path }) => path));
  expect([...seen]).toEqual([`${dir}/${aside}`]);
});
