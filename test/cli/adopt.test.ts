import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const ECHO = { name: 'echo', arguments: { text: 'hello' } };
const SEARCH = { name: 'search_stocks', arguments: { query: 'bank' } };

type PlacedEntry = Parameters<typeof useEntry>[0];
type ToolCall = Parameters<typeof useEntry>[1]['call'];

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic', 'stock-data'] });
  machine = await createMachine();
});
afterEach(() => sandbox.close());

const makeKey = () => sandbox.service('generic').dashboard.create({ name: 'k' });
const write = (path: string, servers: unknown) =>
  machine.home.write(path, `${JSON.stringify({ theirs: 1, mcpServers: servers }, null, 2)}\n`);
const servers = async (path: string) => JSON.parse(await machine.home.read(path)).mcpServers;
const use = (entry: PlacedEntry, call: ToolCall = ECHO) => useEntry(entry, { home: machine.home.dir, call });
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

/** Six servers in three clients, each in a way of its own; resolves to the secrets and what each is asked. */
async function sixServers() {
  const { mcpUrl, urlFor, queryUrl, local } = sandbox.service('generic');
  const { url, mcpUrl: stockUrl } = sandbox.service('stock-data');
  const login = ['login', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', stockUrl, '--password'];
  await machine.run(login, { env: { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password } });
  const stock = JSON.parse((await machine.run(['create', 'laptop', '--show', '--json'])).stdout).secret as string;
  const [one, two, three, four] = [makeKey().secret, makeKey().secret, makeKey().secret, makeKey().secret];
  const [program = '', ...args] = local.command;
  await write('.claude.json', {
    stock: { type: 'http', url: stockUrl, headers: bearer(stock) },
    acme: { type: 'http', url: mcpUrl, headers: bearer(one), timeout: 9000 },
  });
  await write('.cursor/mcp.json', {
    acme: { url: mcpUrl, headers: bearer(one) },
    'by-header': { url: urlFor('X-Acme-Key'), headers: { 'X-Acme-Key': two, 'X-Workspace': 'shop' }, disabled: false },
    'by-address': { url: `${queryUrl.url}?${queryUrl.parameter}=${three}&tools=all` },
  });
  await write('.config/Claude/claude_desktop_config.json', {
    local: {
      command: program,
      args,
      env: { ACME_API_KEY: four, ACME_REGION: 'eu', ACME_LOG_TOKEN: 'made-up-0123456789' },
    },
    bridged: {
      command: 'npx',
      args: ['-y', 'mcp-remote', mcpUrl, '--header', `Authorization:\${AUTH}`],
      env: { AUTH: `Bearer ${one}` },
    },
  });
  return { secrets: [stock, one, two, three, four, 'made-up-0123456789'], stock };
}
const FILES = ['.claude.json', '.cursor/mcp.json', '.config/Claude/claude_desktop_config.json'] as const;

describe('adopt', () => {
  it('cleans servers of three clients with one command, and all of them still answer', async () => {
    const { secrets } = await sixServers();
    const before = await Promise.all(FILES.map((file) => machine.home.read(file)));
    const rows = await machine.json(CHANGES, ['adopt', '--yes']);
    expect(rows.map(({ mode, changed }) => `${mode} ${changed}`).sort()).toEqual([
      ...Array(6).fill('proxy true'),
      'wrap true',
    ]);
    expect(await machine.filesWith(...secrets)).toEqual([]);
    const [claude, cursor, desktop] = [await servers(FILES[0]), await servers(FILES[1]), await servers(FILES[2])];
    for (const entry of [
      claude.acme,
      cursor.acme,
      cursor['by-header'],
      cursor['by-address'],
      desktop.local,
      desktop.bridged,
    ]) {
      await use(entry);
    }
    await use(claude.stock, SEARCH);
    // What a person set stays, and so does everything else of the file.
    expect(claude.acme).toMatchObject({ timeout: 9000 });
    expect(cursor['by-header']).toMatchObject({ disabled: false });
    expect(desktop.local.env).toMatchObject({ ACME_REGION: 'eu' });
    expect(claude.stock.args).toContain('stock/laptop');
    // A header beside the key's still goes along.
    const sent = sandbox.requests.filter(({ path }) => path.startsWith('/header/'));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.every(({ headers }) => headers['x-workspace'] === 'shop')).toBe(true);
    expect(await machine.json(CHANGES, ['adopt', '--yes'])).toEqual([]);
    await machine.run(['undo', '--yes']);
    expect(await Promise.all(FILES.map((file) => machine.home.read(file)))).toEqual(before);
  });

  it('shows what it found masked, with file and line, and changes nothing until it may', async () => {
    const { secrets } = await sixServers();
    const before = await Promise.all(FILES.map((file) => machine.home.read(file)));
    const kept = (await machine.run(['list', '--all-profiles', '--local', '--json'])).stdout;
    const { stdout } = await machine.run(['adopt', '--dry-run']);
    expect(stdout).toContain(`${join(machine.home.dir, FILES[1])}:7  Authorization: Bearer  acme… (37 characters)`);
    expect(stdout).toContain('stock/laptop');
    expect(stdout).toMatch(/^-.*\[secret/m);
    for (const secret of secrets) expect(stdout).not.toContain(secret);
    const requests = sandbox.requests.length;
    const rows = await machine.json(CHANGES, ['adopt', '--dry-run']);
    expect(rows).toHaveLength(7);
    expect(sandbox.requests).toHaveLength(requests);
    expect(await machine.fails(['adopt', '--no-input'])).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--yes'),
    });
    expect(await Promise.all(FILES.map((file) => machine.home.read(file)))).toEqual(before);
    expect((await machine.run(['list', '--all-profiles', '--local', '--json'])).stdout).toBe(kept);
  });

  it('leaves what a person noted in the entries, unless it shows the key', async () => {
    const { mcpUrl } = sandbox.service('generic');
    const [one, two] = [makeKey().secret, makeKey().secret];
    const [code, codex] = ['.config/Code/User/mcp.json', '.codex/config.toml'];
    const before = [
      `{\n  "servers": {\n    "acme": {\n      // ask Bob first\n      "type": "http",\n      "url": "${mcpUrl}",\n      "headers": { "Authorization": "Bearer ${one}" }, // each spring\n      "disabled": true // for now\n    }\n  }\n}\n`,
      `[mcp_servers.acme]\n# ask Bob first\nurl = "${mcpUrl}"\nhttp_headers = { Authorization = "Bearer ${two}" } # was ${two}\n`,
    ];
    for (const [index, path] of [code, codex].entries()) await machine.home.write(path, before[index] ?? '');
    expect(await machine.json(CHANGES, ['adopt', '--yes'])).toMatchObject([{ changed: true }, { changed: true }]);
    const texts = [await machine.home.read(code), await machine.home.read(codex)];
    for (const note of ['// ask Bob first', '// each spring', '"disabled": true, // for now']) {
      expect(texts[0]).toContain(note);
    }
    expect(texts[1]).toContain('# ask Bob first');
    expect(texts[1]).not.toContain('# was');
    expect(await machine.filesWith(one, two)).toEqual([]);
    expect((await machine.run(['doctor', '--check', 'placement.entry', '--json'])).stdout).not.toContain('"error"');
    await machine.run(['undo', '--yes']);
    expect([await machine.home.read(code), await machine.home.read(codex)]).toEqual(before);
  });

  it('moves a dead key too, and says that it is dead; sends none to another host', async () => {
    const { secret, id } = makeKey();
    sandbox.service('generic').dashboard.revoke(id);
    const { mcpUrl } = sandbox.service('generic');
    await write('.cursor/mcp.json', { acme: { url: mcpUrl, headers: bearer(secret) } });
    const requests = sandbox.requests.length;
    const { stderr } = await machine.run(['adopt', '--yes']);
    expect(stderr).toMatch(/is dead: .*It was moved all the same/);
    expect(await machine.filesWith(secret)).toEqual([]);
    const asked = sandbox.requests.slice(requests);
    expect(new Set(asked.map(({ service }) => service))).toEqual(new Set(['generic']));
  });

  it('takes a key off a command line, and the server still gets it there', async () => {
    const { local } = sandbox.service('generic');
    const { secret } = makeKey();
    const [node = '', script = '', check = ''] = local.command;
    const lines = [
      "if (process.argv.slice(4).join() !== `it's $HOME,`) throw new Error(process.argv.join());",
      "process.env.ACME_API_KEY = process.argv[3].replace('--token=', '');",
      `await import(${JSON.stringify(script)});`,
    ];
    const run = await machine.home.write('its server.mjs', lines.join('\n'));
    const args = [run, check, `--token=${secret}`, "it's $HOME", ''];
    await write('.cursor/mcp.json', { acme: { command: node, args } });
    const rows = await machine.json(CHANGES, ['adopt', '--yes']);
    expect(rows).toMatchObject([{ mode: 'wrap', changed: true }]);
    expect(await machine.filesWith(secret)).toEqual([]);
    await use((await servers('.cursor/mcp.json')).acme);
    expect((await machine.run(['profile', 'list', '--json'])).stdout).toContain('"its-server"');
  });

  it('names nothing after a key, wherever the key stands', async () => {
    const made = (tail: string) => ['acme', 'A1b2C3d4E5f6G7h8', tail].join('');
    const [one, two, three, four, five] = ['1', '2', '3', '4/x+y', '5'].map(made);
    await write('.cursor/mcp.json', {
      run: { command: 'npx', args: ['-y', '@acme/run', '--api-key', one] },
      header: { command: 'npx', args: ['-y', 'x', '--header', `Authorization: Bearer ${two}`] },
      option: { command: 'uvx', args: ['--api-key', three, 'foo'] },
      word: { command: 'npx', args: ['-y', four], env: { ACME_API_KEY: four } },
      [`with ${five}`]: { command: 'npx', args: ['-y', 'acme'], env: { ACME_API_KEY: five } },
    });
    const { stdout } = await machine.run(['adopt', '--yes', '--json'], { code: 8, env: { PATH: '' } });
    expect(await machine.filesWith(one ?? '', two ?? '', three ?? '', four ?? '')).toEqual([]);
    expect(await machine.filesWith(five ?? '')).toEqual([join(machine.home.dir, '.cursor/mcp.json')]);
    expect(JSON.parse(stdout).filter(({ changed }: { changed: boolean }) => !changed)).toMatchObject([
      { client: 'cursor', reason: expect.stringContaining('its name') },
    ]);
    const names = JSON.parse((await machine.run(['profile', 'list', '--json'])).stdout);
    expect(names.map(({ profile }: { profile: string }) => profile).sort()).toEqual([
      'acme-run',
      'foo',
      'header',
      'word',
      'word-arg-acme-api-key',
    ]);
  });

  it('leaves what cannot be moved, says why, and ends as partly done', async () => {
    const { secret } = makeKey();
    const { mcpUrl } = sandbox.service('generic');
    const headers = bearer(['made', 'up', '0123456789'].join('-'));
    await write('.cursor/mcp.json', {
      acme: { url: mcpUrl, headers: bearer(secret) },
      open: { url: 'http://acme.example/mcp', headers },
      two: { url: mcpUrl, headers: { ...headers, 'X-API-Key': ['made', 'up', '9876543210'].join('-') } },
    });
    const { stdout, stderr } = await machine.run(['adopt', '--yes', '--json'], { code: 8 });
    expect(CHANGES.parse(JSON.parse(stdout)).map(({ server, changed }) => [server, changed])).toEqual([
      ['acme', true],
      ['open', false],
      ['two', false],
    ]);
    expect(JSON.parse(stdout).map(({ reason }: { reason?: string }) => reason)).toEqual([
      undefined,
      expect.stringContaining('plain http'),
      expect.stringContaining('several keys at once'),
    ]);
    await machine.run(['adopt', '--yes', '--json'], { code: 8 });
    expect(stderr).toContain('plain http');
    expect(stderr).toContain('several keys at once');
    const after = await servers('.cursor/mcp.json');
    expect(after.open.headers).toEqual(headers);
    expect(after.two.headers).toMatchObject(headers);
  });

  it('writes into the file of fast-agent that lies in a repository what is the same for everyone', async () => {
    const { secret } = makeKey();
    const { mcpUrl } = sandbox.service('generic');
    const cwd = join(machine.home.dir, 'shop');
    await machine.home.write('shop/.git/HEAD', 'ref: refs/heads/main\n');
    const entry = `{ transport: http, url: "${mcpUrl}", headers: { Authorization: "Bearer ${secret}" } }`;
    await machine.home.write('shop/fastagent.config.yaml', `mcp:\n  servers:\n    acme: ${entry}\n`);
    await machine.run(['adopt', '--yes'], { cwd });
    const text = await machine.home.read('shop/fastagent.config.yaml');
    expect(text).toContain('@shop/acme');
    expect(text).not.toContain(machine.home.root);
    expect(await machine.filesWith(secret)).toEqual([]);
    const placed = ['place', '127.0.0.1/acme', 'fast-agent', '--name', 'other'];
    const refused = await machine.run(placed, { cwd, code: 1 });
    expect(refused.stderr).toContain('--scope project');
    await machine.run([...placed, '--scope', 'project'], { cwd });
  });

  it('leaves Witsy’s own list as it is, whose entries have another form, and says so', async () => {
    const { secret } = makeKey();
    const own = { uuid: '2', registryId: '2', state: 'enabled', type: 'stdio', command: '/usr/bin/node' };
    const item = { ...own, url: '/srv/a.mjs --x 1', env: { ACME_API_KEY: secret } };
    const text = JSON.stringify({ mcp: { servers: [item] } });
    const path = await machine.home.write('.config/Witsy/settings.json', text);
    const { stdout } = await machine.run(['adopt', '--yes', '--json'], { code: 8 });
    expect(JSON.parse(stdout)).toMatchObject([
      { client: 'witsy', path, server: '2', changed: false, reason: expect.stringContaining('mcp.servers') },
    ]);
    expect(await machine.home.read('.config/Witsy/settings.json')).toBe(text);
    expect(await machine.filesWith(secret)).toEqual([path]);
  });

  it('refuses to undo what would bring back a key that was revoked since', async () => {
    const { secret, id } = makeKey();
    const { mcpUrl } = sandbox.service('generic');
    await write('.cursor/mcp.json', { acme: { url: mcpUrl, headers: bearer(secret) } });
    await machine.run(['adopt', '--yes']);
    sandbox.service('generic').dashboard.revoke(id);
    await machine.run(['revoke', '127.0.0.1/acme', '--yes', '--keep-placements']);
    expect(await machine.fails(['undo', '--yes'])).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('revoked'),
    });
  });

  it('rotates at once what the service can replace by itself', async () => {
    const { stock } = await sixServers();
    await write('.cursor/mcp.json', {});
    await write('.config/Claude/claude_desktop_config.json', {});
    const { mcpUrl } = sandbox.service('stock-data');
    await write('.claude.json', { stock: { type: 'http', url: mcpUrl, headers: bearer(stock) } });
    await machine.run(['adopt', '--yes', '--rotate', '--json']);
    expect(sandbox.keys('stock-data').find(({ secret }) => secret === stock)?.revoked).toBe(true);
    await use((await servers('.claude.json')).stock, SEARCH);
    expect(await machine.fails(['undo', '--yes'])).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('replaced'),
    });
  });

  it("takes a key out of a project's file, which then names the binding alone, and starts no command from there", async () => {
    const { local } = sandbox.service('generic');
    const { secret } = makeKey();
    const [program = '', ...args] = local.command;
    const dir = join(machine.home.dir, 'shop');
    await write('shop/.mcp.json', { acme: { command: program, args, env: { ACME_API_KEY: secret } } });
    const requests = sandbox.requests.length;
    const { stderr } = await machine.run(['adopt', '--yes'], { cwd: dir });
    expect(stderr).toContain('was not started');
    expect(sandbox.requests).toHaveLength(requests);
    const text = await readFile(join(dir, '.mcp.json'), 'utf8');
    expect(JSON.parse(text).mcpServers.acme).toMatchObject({
      command: 'mcpkey',
      args: ['exec', '--no-mask', '--env', 'ACME_API_KEY=@shop/acme', '--', program, ...args],
    });
    expect(text).not.toContain(secret);
  });
});
