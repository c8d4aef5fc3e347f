import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHome, type Home, mcpkey, mcpkeyJson } from '../helpers/cli.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

interface Row {
  readonly id: string;
  readonly source: string;
  readonly hosts: readonly string[];
  readonly operations: Readonly<Record<string, string>>;
}

let home: Home;
let sandbox: Sandbox | undefined;
beforeEach(async () => {
  home = await createHome();
});
afterEach(async () => {
  await sandbox?.close();
  sandbox = undefined;
  await home.remove();
});

const run = (args: readonly string[], env: Record<string, string> = {}) => mcpkey(args, { home, cwd: home.dir, env });
const errorOf = (stderr: string): { code: string; message: string; hint: string } =>
  JSON.parse(stderr.split('\n').at(-2) ?? '').error;

/** Writes a starter manifest and changes it. */
async function write(
  id: string,
  change: (manifest: Record<string, unknown>) => void = () => undefined,
): Promise<string> {
  await run(['provider', 'init', id]);
  const path = join(home.dir, `${id}.json`);
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
  change(manifest);
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

describe('provider list and show', () => {
  it('lists the built-in ones with their hosts and what each can do', async () => {
    const rows = await mcpkeyJson<Row[]>(['provider', 'list'], { home });
    expect(rows.map((row) => row.id)).toEqual(['ai2fin', 'apexmcp', 'generic', 'investra', 'mcp-cloud', 'stock-data']);
    expect(rows.find((row) => row.id === 'stock-data')).toMatchObject({
      source: 'built-in',
      operations: { create: 'api', rotate: 'api', revoke: 'api', usage: 'api' },
    });
    expect(rows.find((row) => row.id === 'ai2fin')).toMatchObject({
      hosts: ['api.ai2fin.com', 'app.ai2fin.com'],
      operations: { create: 'api', rotate: 'assisted', revoke: 'assisted' },
    });
  });

  it('names the nearest provider', async () => {
    const { code, stderr } = await run(['provider', 'show', 'stok-data']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('stock-data')]);
  });
});

describe('provider add', () => {
  it('keeps a plugin, lists it, and removes it again', async () => {
    await write('acme');
    const added = await mcpkeyJson<Row[]>(['provider', 'add', 'acme.json', '-y'], { home, cwd: home.dir });
    expect(added).toMatchObject([{ id: 'acme', source: 'plugin', hosts: ['api.example.com'] }]);
    const rows = await mcpkeyJson<Row[]>(['provider', 'list'], { home });
    expect(rows.at(-1)).toMatchObject({ id: 'acme', source: 'plugin' });
    expect((await run(['provider', 'remove', 'acme'])).code).toBe(0);
    expect((await run(['provider', 'show', 'acme'])).code).toBe(5);
  });

  it('shows the hosts, and adds nothing without agreement', async () => {
    await write('acme');
    const { code, stderr } = await run(['provider', 'add', 'acme.json']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('api.example.com')]);
    expect((await run(['provider', 'show', 'acme'])).code).toBe(5);
  });

  it('refuses a wrong manifest with the path of each fault', async () => {
    await write('acme', (manifest) => {
      manifest.titel = 'Acme';
      manifest.docs = 'nowhere';
      Object.assign(Object(manifest.key), { pattern: '(' });
    });
    const { code, stderr } = await run(['provider', 'add', 'acme.json', '-y', '--json']);
    const error = errorOf(stderr);
    expect([code, error.code]).toEqual([1, 'bad_config_file']);
    for (const path of ['titel', '$.docs', '$.key.pattern']) expect(error.message).toContain(path);
  });

  it('refuses an input that its operation does not have, and a create whose lost answer could not be found', async () => {
    await write('acme', (manifest) => {
      const { list } = Object(manifest.operations);
      list.request.path = '/keys/{nmae}';
      Object(manifest.key).mark = 'none';
    });
    const { stderr } = await run(['provider', 'add', 'acme.json', '-y', '--json']);
    expect(errorOf(stderr).message).toContain('$.operations.list.request.path: there is no input "nmae"');
    expect(errorOf(stderr).message).toContain('$.key.mark');
  });

  it.each([
    ['the id of a built-in one', 'investra', 'conflict'],
    ['an id in use', 'acme', 'conflict'],
  ])('refuses %s', async (_, id, expected) => {
    const path = await write('acme');
    await run(['provider', 'add', 'acme.json', '-y']);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"id":"acme"', `"id":"${id}"`));
    const { code, stderr } = await run(['provider', 'add', 'acme.json', '-y', '--json']);
    expect([code, errorOf(stderr).code]).toEqual([1, expected]);
  });

  it('names a file that is not there, or does not parse with line and column', async () => {
    expect((await run(['provider', 'add', 'nothing.json', '-y'])).code).toBe(5);
    await writeFile(join(home.dir, 'broken.json'), '{\n  "id": ,\n}');
    const { code, stderr } = await run(['provider', 'add', 'broken.json', '-y']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/line 2, column \d+/)]);
  });

  it.each([
    ['throws', 'throw new Error("made up");', 'Error: made up'],
    ['does not parse', 'export default {', 'SyntaxError'],
    ['throws no error', 'throw 5;', 'something else than an error'],
  ])('refuses a module that %s, and blames that', async (_what, text, says) => {
    await writeFile(join(home.dir, 'acme.mjs'), text);
    const { code, stderr } = await run(['provider', 'add', 'acme.mjs', '-y', '--json']);
    const error = errorOf(stderr);
    expect([code, error.code, error.message]).toEqual([1, 'bad_config_file', expect.stringContaining(says)]);
    expect(error.message).toContain(join(home.dir, 'acme.mjs'));
  });

  it('is never loaded from the current folder', async () => {
    await write('acme');
    expect((await run(['provider', 'show', 'acme'])).code).toBe(5);
  });

  it('takes a module, and updates it', async () => {
    const path = await write('acme');
    const manifest = await readFile(path, 'utf8');
    await writeFile(join(home.dir, 'acme.mjs'), `export default { manifest: ${manifest} };`);
    expect((await run(['provider', 'add', 'acme.mjs', '-y'])).code).toBe(0);
    expect((await run(['provider', 'update', 'acme'])).stdout).toContain('as it was');
    const changed = manifest.replaceAll('api.example.com', 'api2.example.com');
    await writeFile(join(home.dir, 'acme.mjs'), `export default { manifest: ${changed} };`);
    const { code, stderr } = await run(['provider', 'update', 'acme', '-y']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/api2\.example\.com +\(new\)/)]);
    const shown = await mcpkeyJson<Row>(['provider', 'show', 'acme'], { home });
    expect(shown.hosts).toEqual(['api2.example.com']);
  });
});

describe('provider remove', () => {
  it.each([
    ['ai2fin', 1, 'unsupported'],
    ['nothing', 5, 'not_found'],
  ])('%s: exit %i', async (id, exit, code) => {
    const finished = await run(['provider', 'remove', id, '--json']);
    expect([finished.code, errorOf(finished.stderr).code]).toEqual([exit, code]);
  });
});

describe('provider test', () => {
  it('passes each built-in provider that has an API, against its service', async () => {
    sandbox = await startSandbox({ services: ['stock-data'] });
    const { url, mcpUrl } = sandbox.service('stock-data');
    const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
    const finished = await run(['provider', 'test', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--json'], env);
    const rows: { check: string; state: string; seen: string }[] = JSON.parse(finished.stdout);
    expect(rows.filter((row) => row.state !== 'ok')).toEqual([]);
    expect(rows.map((row) => row.check)).toEqual([
      'create',
      'list',
      'mcp',
      'revoke',
      'mcp.revoked',
      'usage',
      'error.token',
      'error.unknown-id',
      'error.key',
      'error.no-key',
      'secrets',
    ]);
    expect(finished.code).toBe(0);
    expect(sandbox.keys('stock-data').every((key) => key.revoked)).toBe(true);
  });

  it('tells what a file has wrong, revokes what it made, and exits 8', async () => {
    sandbox = await startSandbox({ services: ['stock-data'] });
    const { url, mcpUrl } = sandbox.service('stock-data');
    const { manifest } = await mcpkeyJson<{ manifest: Record<string, unknown> }>(['provider', 'show', 'stock-data'], {
      home,
    });
    Object(manifest.operations).usage.totals.calls = '/calls_in_total';
    await writeFile(join(home.dir, 'mine.json'), JSON.stringify({ ...manifest, id: 'mine' }));
    const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
    const { code, stdout } = await run(['provider', 'test', './mine.json', '--url', url, '--mcp-url', mcpUrl], env);
    expect([code, stdout]).toEqual([8, expect.stringMatching(/✗ usage +bad_response: .*\/calls_in_total/)]);
    expect(sandbox.keys('stock-data').every((key) => key.revoked)).toBe(true);
  });

  it('needs a credential', async () => {
    const { code, stderr } = await run(['provider', 'test', 'stock-data', '--url', 'http://127.0.0.1:9']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('MCPKEY_TOKEN')]);
  });
});
