import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SETUP, VERIFY } from '../cli/documents.ts';
import { createMachine, type Machine } from '../cli/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

const CHECK = z.array(z.object({ server: z.string(), state: z.string(), missing: z.array(z.string()) }).loose());

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'generic'] });
});
afterAll(() => sandbox.close());

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});

const credentials = () => ({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
const stock = (more: object = {}) => {
  const { url, mcpUrl } = sandbox.service('stock-data');
  return { provider: 'stock-data', url, mcpUrl, clients: ['claude-code', 'cursor'], ...more };
};
/** Writes a project's file as a clone has it; resolves to its folder. */
async function clone(project: unknown, folder = 'shop', on = machine): Promise<string> {
  const dir = join(on.home.dir, folder);
  await on.home.write(`${folder}/mcpkey.json`, `${JSON.stringify(project, null, 2)}\n`);
  return dir;
}
const up = (cwd: string, ...words: string[]) =>
  machine.json(SETUP, ['up', '--yes', ...words], { cwd, env: credentials() });
const keys = () => sandbox.keys('stock-data').filter(({ revoked }) => !revoked);

describe('up', () => {
  it('writes an entry for everyone where a client’s own file is the project’s', async () => {
    const cwd = await clone({ name: 'shop', servers: { stock: stock({ clients: ['fast-agent'] }) } });
    const [row] = await up(cwd);
    expect(row?.placements.map(({ path }) => path)).toEqual([join(cwd, 'fastagent.config.yaml')]);
    const text = await machine.home.read('shop/fastagent.config.yaml');
    expect(text).toBe(
      'mcp:\n  servers:\n    stock:\n      command: mcpkey\n      args:\n        - proxy\n        - "@shop/stock"\n',
    );
    expect((await up(cwd))[0]?.placements.filter(({ changed }) => changed)).toEqual([]);
  });

  it('goes from a clone to clients that connect, and run again changes nothing', async () => {
    const cwd = await clone({ name: 'shop', servers: { stock: stock({ key: '{user}-{host}', expires: '30d' }) } });
    const made = keys().length;
    const [row] = await up(cwd);
    expect(row).toMatchObject({
      server: 'stock',
      profile: 'stock-data',
      key: 'stock-data/ann-laptop',
      state: 'ready',
      error: null,
    });
    const paths = ['.mcp.json', '.cursor/mcp.json'].map((path) => join(cwd, path));
    expect(row?.placements.map(({ path }) => path).sort()).toEqual([...paths].sort());
    const texts = await Promise.all(paths.map((path) => machine.home.read(path)));
    for (const text of texts) {
      expect(JSON.parse(text).mcpServers.stock).toMatchObject({ command: 'mcpkey', args: ['proxy', '@shop/stock'] });
    }
    expect(await machine.json(VERIFY, ['verify', '@shop/stock'])).toMatchObject({ ok: true });
    const requests = sandbox.requests.length;
    expect(await machine.json(CHECK, ['up', '--check'], { cwd })).toMatchObject([{ state: 'ready', missing: [] }]);
    expect(sandbox.requests).toHaveLength(requests);
    const again = await machine.json(SETUP, ['up'], { cwd });
    expect(again).toMatchObject([{ state: 'ready', key: 'stock-data/ann-laptop' }]);
    expect(again[0]?.placements.map(({ changed }) => changed)).toEqual([false, false]);
    expect(await Promise.all(paths.map((path) => machine.home.read(path)))).toEqual(texts);
    expect(keys()).toHaveLength(made + 1);
  });

  it('leaves an entry that someone committed in their own way, and gives it a key', async () => {
    const cwd = await clone({ servers: { stock: stock({ clients: ['claude-code'] }) } });
    const committed = '{"mcpServers":{"stock":{"command":"mcpkey","args":["proxy","@shop/stock"],"timeout":9}}}';
    await machine.home.write('shop/.mcp.json', committed);
    expect(await up(cwd)).toMatchObject([{ state: 'ready' }]);
    expect(await machine.home.read('shop/.mcp.json')).toBe(committed);
    expect(await machine.json(VERIFY, ['verify', '@shop/stock'])).toMatchObject({ ok: true });
    expect(await machine.json(CHECK, ['up', '--check'], { cwd })).toMatchObject([{ state: 'ready' }]);
  });

  it('--check on a fresh machine says what is missing, and asks nobody', async () => {
    const cwd = await clone({ servers: { stock: stock() } });
    const requests = sandbox.requests.length;
    const { stdout } = await machine.run(['up', '--check', '--json'], { cwd, code: 8 });
    expect(CHECK.parse(JSON.parse(stdout))).toMatchObject([
      { server: 'stock', state: 'missing', missing: ['profile', 'key', 'placement'] },
    ]);
    expect(sandbox.requests).toHaveLength(requests);
  });

  it('comes from init on the machine where it was set up', async () => {
    const { url, mcpUrl } = sandbox.service('stock-data');
    const cwd = join(machine.home.dir, 'shop');
    await machine.home.write('shop/README.md', 'a shop\n');
    const setup = [
      'setup',
      'stock-data',
      '--url',
      url,
      '--mcp-url',
      mcpUrl,
      '--password',
      '--place',
      'cursor',
      '--project',
    ];
    await machine.run(setup, { cwd, env: credentials() });
    await machine.run(['init'], { cwd });
    const written = await machine.home.read('shop/mcpkey.json');
    expect(JSON.parse(written)).toMatchObject({
      name: 'shop',
      servers: { 'stock-data': { provider: 'stock-data', url, mcpUrl, key: '{user}-{host}', clients: ['cursor'] } },
    });
    expect(await machine.json(CHECK, ['up', '--check'], { cwd })).toMatchObject([{ state: 'ready' }]);
    expect(await machine.fails(['init'], { cwd })).toMatchObject({ code: 'conflict' });
    const other = await createMachine({ MCPKEY_MACHINE: 'desktop' });
    const dir = await clone(JSON.parse(written), 'shop', other);
    const rows = await other.json(SETUP, ['up', '--yes'], { cwd: dir, env: credentials() });
    expect(rows).toMatchObject([{ state: 'ready', key: 'stock-data/ann-desktop' }]);
    await machine.run(['undo', '--yes'], { cwd });
    await expect(machine.home.read('shop/mcpkey.json')).rejects.toThrow('ENOENT');
  });

  it('in the home folder places into the user’s own files, as they are there already', async () => {
    const { url, mcpUrl } = sandbox.service('stock-data');
    const cwd = machine.home.dir;
    const setup = ['setup', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password', '--place', 'cursor'];
    await machine.run(setup, { cwd, env: credentials() });
    await machine.run(['init'], { cwd });
    const before = await machine.home.read('.cursor/mcp.json');
    expect(await up(cwd)).toMatchObject([{ state: 'ready', placements: [{ changed: false }] }]);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(before);
    expect(await machine.json(CHECK, ['up', '--check'], { cwd })).toMatchObject([{ state: 'ready' }]);
  });

  it('makes no key where a client’s file cannot be placed into, and says what is wrong', async () => {
    const cwd = await clone({ servers: { stock: stock() } });
    await machine.home.write('shop/.cursor/mcp.json', '{"mcpServers": {,}');
    const made = keys().length;
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd, env: credentials(), code: 1 });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'bad_config_file' } }]);
    expect(keys()).toHaveLength(made);
    await expect(machine.home.read('shop/.mcp.json')).rejects.toThrow('ENOENT');
  });

  it('makes no key for any server where one of them cannot be placed, and says whose fault that is', async () => {
    const other = stock({ key: 'other', clients: ['zed'] });
    const cwd = await clone({ servers: { stock: stock({ clients: ['cursor'] }), other } });
    await machine.home.write('shop/.zed/settings.json', 'bad{');
    const requests = sandbox.requests.length;
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd, env: credentials(), code: 1 });
    const hint = 'Mend "other", or take it out of mcpkey.json, then run: mcpkey up';
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([
      { server: 'stock', key: null, state: 'failed', placements: [], error: { code: 'bad_config_file', hint } },
      { server: 'other', key: null, state: 'failed', placements: [], error: { code: 'bad_config_file' } },
    ]);
    expect(sandbox.requests).toHaveLength(requests);
    await expect(machine.home.read('shop/.cursor/mcp.json')).rejects.toThrow('ENOENT');
    await machine.home.write('shop/.zed/settings.json', '{}');
    expect(await up(cwd)).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
  });

  it('says how a client without a file gets its entry, with the key’s name', async () => {
    const cwd = await clone({ servers: { stock: stock({ key: 'mine', clients: ['raycast'] }) } });
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd, env: credentials(), code: 1 });
    const print = 'mcpkey place stock-data/mine raycast --print';
    expect(SETUP.parse(JSON.parse(stdout))[0]?.error).toMatchObject({
      code: 'unsupported',
      hint: `Leave that client out of mcpkey.json, and run: mcpkey up\nPrint the entry and paste it: ${print}`,
    });
    await up(await clone({ servers: { stock: stock({ key: 'mine', clients: [] }) } }));
    await machine.run(print.split(' ').slice(1));
  });

  it('brings up what it can, and ends as partly done', async () => {
    const { mcpUrl } = sandbox.service('generic');
    const cwd = await clone({
      servers: { stock: stock(), acme: { provider: 'generic', mcpUrl, clients: ['cursor'] } },
    });
    const { stdout } = await machine.run(['up', '--yes', '--json'], {
      cwd,
      env: { ...credentials(), MCPKEY_PROFILE: 'stock-data' },
      code: 8,
    });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([
      { server: 'stock', state: 'ready' },
      {
        server: 'acme',
        state: 'failed',
        error: {
          code: 'usage',
          hint: expect.stringMatching(/mcpkey import ann-laptop -p 127\.0\.0\.1 --stdin {3}and then: mcpkey up$/),
        },
      },
    ]);
    expect(Object.keys(JSON.parse(await machine.home.read('shop/.cursor/mcp.json')).mcpServers)).toEqual(['stock']);
  });
});

describe('a cloned project', () => {
  it('sends nothing to a host that the person did not agree to, and leaves no trace of it', async () => {
    const cwd = await clone({ servers: { stock: stock() } });
    const requests = sandbox.requests.length;
    const { stderr } = await machine.run(['up'], { cwd, env: credentials(), code: 2 });
    expect(stderr).toContain(new URL(sandbox.service('stock-data').url).origin);
    expect(stderr).toContain('--yes');
    expect(sandbox.requests).toHaveLength(requests);
    expect((await machine.run(['profile', 'list', '--json'])).stdout.trim()).toBe('[]');
  });

  it('cannot move a profile to another host', async () => {
    await up(await clone({ servers: { stock: stock() } }));
    const evil = await clone({ servers: { stock: stock({ mcpUrl: sandbox.service('generic').mcpUrl }) } }, 'evil');
    const requests = sandbox.requests.length;
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd: evil, env: credentials(), code: 1 });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
    expect(sandbox.requests).toHaveLength(requests);
  });

  it('cannot decide which key another folder of its name uses', async () => {
    const shop = await clone({ name: 'shop', servers: { stock: stock() } });
    await up(shop);
    const evil = await clone({ name: 'shop', servers: { stock: stock({ key: 'mine' }) } }, 'evil');
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd: evil, code: 1 });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([{ error: { code: 'conflict' } }]);
    expect(await machine.json(CHECK, ['up', '--check'], { cwd: shop })).toMatchObject([{ state: 'ready' }]);
  });

  it.each([
    ['a variable', { env: { NODE_OPTIONS: '--import=./evil.mjs' } }],
    ['a file of variables', { envFile: '.env' }],
    ['another command', { args: ['exec', '--env', 'K=@shop/stock', '--', 'sh', '-c', 'true'] }],
  ])('gets no key for a committed entry with %s in it', async (_what, more) => {
    const cwd = await clone({ servers: { stock: stock({ clients: ['cursor'] }) } });
    const entry = { command: 'mcpkey', args: ['proxy', '@shop/stock'], ...more };
    await machine.home.write('shop/.cursor/mcp.json', JSON.stringify({ mcpServers: { stock: entry } }));
    const made = keys().length;
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd, env: credentials(), code: 1 });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([{ error: { code: 'conflict' } }]);
    expect(keys()).toHaveLength(made);
  });

  it('cannot take an entry in a file of the person’s over', async () => {
    await up(await clone({ servers: { stock: stock({ clients: [] }) } }));
    await machine.run(['place', 'stock-data/ann-laptop', 'claude-desktop', '--name', 'stock']);
    const file = '.config/Claude/claude_desktop_config.json';
    const before = await machine.home.read(file);
    const evil = await clone({ servers: { stock: stock({ key: 'mine', clients: ['claude-desktop'] }) } }, 'evil');
    const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd: evil, code: 1 });
    expect(SETUP.parse(JSON.parse(stdout))).toMatchObject([{ error: { code: 'conflict' } }]);
    expect(await machine.home.read(file)).toBe(before);
  });

  it.each([
    [
      'a command to run',
      { servers: { a: { provider: 'generic', command: ['sh', '-c', 'true'], variable: 'A' } } },
      '$.servers.a',
    ],
    [
      'plain http allowed',
      { servers: { a: { provider: 'generic', mcpUrl: 'https://a.example', allowHttp: true } } },
      '$.servers.a',
    ],
    [
      'a placeholder that nothing fills in',
      { servers: { a: { provider: 'generic', key: '{user}-{nobody}' } } },
      '$.servers.a.key: has a placeholder',
    ],
    ['a name with a slash', { servers: { 'a/b': { provider: 'generic' } } }, '$.servers'],
    [
      'a provider that is not pinned',
      { providers: { acme: { from: 'acme.json' } }, servers: {} },
      '$.providers.acme.sha256',
    ],
  ])('is refused where it has %s', async (_what, project, where) => {
    const error = await machine.fails(['up', '--yes'], { cwd: await clone(project) });
    expect(error).toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining(where),
      hint: expect.stringContaining('mcpkey up'),
    });
  });

  it('says what to run once its file is mended, where that does not parse', async () => {
    const cwd = await clone({});
    await machine.home.write('shop/mcpkey.json', '{"servers": {}');
    expect(await machine.fails(['up', '--yes'], { cwd })).toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining('line 1, column 15'),
      hint: 'Mend it, then run: mcpkey up',
    });
  });
});

describe('a provider that the project brings', () => {
  const bring = async (sha256?: string, from = 'acme.json') => {
    const manifest = JSON.stringify(MANIFEST);
    await machine.home.write('shop/acme.json', manifest);
    await machine.home.write('shop/acme.mjs', 'export default {};\n');
    const digest = createHash('sha256')
      .update(await readFile(join(machine.home.dir, 'shop', from)))
      .digest('hex');
    return clone({ providers: { acme: { from, sha256: sha256 ?? digest } }, servers: {} });
  };

  it('is shown and asked about, then kept, and a second time not asked about', async () => {
    const cwd = await bring();
    expect(await machine.fails(['up'], { cwd })).toMatchObject({ code: 'usage' });
    expect((await machine.run(['up', '--check'], { cwd })).code).toBe(0);
    const { stderr } = await machine.run(['up', '--yes'], { cwd });
    expect(stderr).toContain('may talk to');
    expect((await machine.run(['provider', 'list', '--json'])).stdout).toContain('"acme"');
    await machine.run(['up'], { cwd });
  });

  it.each([
    ['another text than the pinned one', '0'.repeat(64), 'acme.json', 'conflict'],
    ['a program', undefined, 'acme.mjs', 'unsupported'],
  ])('is refused where it is %s', async (_what, sha256, from, code) => {
    const cwd = await bring(sha256, from);
    expect(await machine.fails(['up', '--yes'], { cwd })).toMatchObject({ code });
    expect((await machine.run(['provider', 'list', '--json'])).stdout).not.toContain('"acme"');
  });
});

const MANIFEST = {
  id: 'acme',
  title: 'Acme',
  docs: 'https://acme.example/docs',
  profile: { mcpUrl: { default: 'https://mcp.acme.example/mcp' } },
  logins: [],
  operations: {
    create: { mode: 'assisted', page: 'https://acme.example/keys', steps: ['Make a key named "{name}".'] },
    list: { mode: 'assisted', page: 'https://acme.example/keys', steps: ['Look there.'] },
    revoke: { mode: 'assisted', page: 'https://acme.example/keys', steps: ['Revoke the key "{name}".'] },
    usage: { mode: 'unsupported', reason: 'No page is known.' },
  },
  scopes: { known: [], default: [] },
  key: { pattern: '^acme_[A-Za-z0-9]+$', prefix: 'acme_', mark: 'none' },
  rules: { order: 'create-first' },
  mcp: { key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' } },
  errors: [],
};

it('revoke --machine takes back what a lost machine had, and nothing else', async () => {
  machine = await createMachine({ MCPKEY_MACHINE: 'left' });
  const cwd = await clone({ servers: { stock: stock() } });
  await up(cwd);
  const elsewhere = { env: { ...credentials(), MCPKEY_MACHINE: 'desktop' } };
  await machine.run(['create'], elsewhere);
  await machine.run(['create', 'lent'], elsewhere);
  await machine.run(['place', 'stock-data/lent', 'cursor']);
  const rows = JSON.parse(
    (await machine.run(['revoke', '--machine', 'left', '--yes', '--json'], { env: credentials() })).stdout,
  );
  expect(rows.map(({ ref, state }: { ref: string; state: string }) => `${ref} ${state}`).sort()).toEqual([
    'stock-data/ann-left revoked',
    'stock-data/lent revoked',
  ]);
  const left = JSON.parse((await machine.run(['list', '--local', '--status', 'active', '--json'])).stdout);
  expect(left).toMatchObject([{ name: 'ann-desktop' }]);
  expect(JSON.parse(await machine.home.read('shop/.mcp.json').catch(() => '{}'))).not.toHaveProperty(
    'mcpServers.stock',
  );
});

it('revoke --machine finds the keys of a machine that shares nothing in the lists of the services, by their names', async () => {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const login = ['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl];
  const lost = await createMachine({ MCPKEY_MACHINE: 'lost' });
  await lost.run(login, { env: credentials() });
  await lost.run(['create']);
  await lost.run(['create', 'ann-lost-thing']);
  await lost.run(['create', '--per-client', '--place', 'cursor']);
  await machine.run(login, { env: credentials() });
  const revoke = ['revoke', '--machine', 'lost'];
  const living = () =>
    keys()
      .map(({ name }) => name.replace(/-mk[0-9a-f]{8}$/, ''))
      .filter((name) => name.includes('lost'))
      .sort();
  const { stderr } = await machine.run(revoke, { code: 2 });
  expect(stderr).toMatch(
    /Revoke (stock-data\/ann-lost, stock-data\/lost-cursor|stock-data\/lost-cursor, stock-data\/ann-lost)\?/,
  );
  expect(living()).toEqual(['ann-lost', 'ann-lost-thing', 'lost-cursor']);
  const { stdout } = await machine.run([...revoke, '--yes']);
  expect(stdout).toContain('stock-data/ann-lost is revoked.');
  expect(living()).toEqual(['ann-lost-thing']);
  const again = await machine.run(revoke);
  expect(again.stdout.trim().split('\n').sort()).toEqual(stdout.trim().split('\n').sort());
  expect(await machine.fails(['revoke', '--machine', 'nobody'])).toMatchObject({
    code: 'not_found',
    exit: 5,
    hint: 'mcpkey list --all-profiles',
  });
});

it('revoke --machine run again says what is revoked, and what service it could not ask', async () => {
  machine = await createMachine({ MCPKEY_MACHINE: 'old' });
  await up(await clone({ servers: { stock: stock() } }));
  const revoke = ['revoke', '--machine', 'old', '--yes'];
  await machine.run(revoke, { env: credentials() });
  const { stdout } = await machine.run(revoke, { env: credentials() });
  expect(stdout).toBe('✓ stock-data/ann-old is revoked.\n');
  const unasked = await machine.run(revoke, { code: 8 });
  expect(unasked.stdout).toBe(stdout);
  expect(unasked.stderr).toContain(
    'The service of stock-data could not be asked: You are not logged in to stock-data.',
  );
  // A document stands alone: what it does not hold is a warning.
  const document = await machine.run([...revoke, '--json'], { code: 8 });
  expect(JSON.parse(document.stdout)).toMatchObject([{ ref: 'stock-data/ann-old', state: 'revoked' }]);
  expect(document.stderr).toMatch(/^warning: The service of stock-data could not be asked: /);
});

it('revoke --machine says once, in its row, that a service could not be asked, and exits as that key', async () => {
  machine = await createMachine({ MCPKEY_MACHINE: 'old' });
  await up(await clone({ servers: { stock: stock() } }));
  await machine.run(['logout', 'stock-data']);
  const { stdout, stderr } = await machine.run(['revoke', '--machine', 'old', '--yes', '--json'], { code: 3 });
  expect(JSON.parse(stdout)).toMatchObject([{ ref: 'stock-data/ann-old', error: { code: 'not_logged_in' } }]);
  expect(stderr).toBe('');
});
