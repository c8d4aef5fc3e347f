import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { mcpkey, mcpkeyJson, program } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
});

const run = (args: string[], options = {}) => mcpkey(args, { home: machine.home, ...options });

describe('place, undo and unplace', () => {
  it('say what they did, and what the client needs', async () => {
    const placed = await run(['place', 'stock/ci', 'cursor']);
    expect(placed.code, placed.stderr).toBe(0);
    expect(placed.stdout).toBe(`✓ cursor: "stock" (proxy) in ${machine.home.dir}/.cursor/mcp.json\n`);
    expect(placed.stderr).toContain("restart the server in Cursor's settings");
    expect(placed.stderr).toContain('warning: Cursor was not found on this machine');
    const again = await run(['place', 'stock/ci', 'cursor']);
    expect([again.code, again.stderr]).toEqual([0, '']);
    const [row] = await mcpkeyJson<object[]>(['undo', '--yes'], { home: machine.home });
    expect(row).toMatchObject({ client: 'cursor', server: 'stock', mode: 'proxy', changed: true });
    expect(await readdir(machine.home.dir)).toEqual([]);
    expect((await run(['undo', '--yes'])).code).toBe(0);
    const [gone] = await mcpkeyJson<object[]>(['unplace', 'stock', 'cursor'], { home: machine.home });
    expect(gone).toMatchObject({ client: 'cursor', changed: true, diff: expect.stringContaining('+++ /dev/null') });
    expect(await readdir(machine.home.dir)).toEqual([]);
  });

  it('take all that is found, and print what to paste', async () => {
    await machine.home.write('.cursor/mcp.json', '{}');
    const rows = await mcpkeyJson<object[]>(['place', 'stock/ci', '--all-detected', '--dry-run'], {
      home: machine.home,
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(rows).toMatchObject([{ client: 'cursor', changed: true }]);
    expect(await machine.home.read('.cursor/mcp.json')).toBe('{}');
    const printed = await run(['place', 'stock/ci', 'claude-desktop', '--print']);
    expect(JSON.parse(printed.stdout)).toMatchObject({ mcpServers: { stock: { args: ['proxy', 'stock/ci'] } } });
    expect(await readdir(machine.home.dir)).toEqual(['.cursor']);
    const pasted = await run(['place', 'stock/ci', 'raycast', '--print']);
    expect(pasted.stderr).toContain('raycast');
    expect(pasted.stderr).not.toContain('null');
  });

  it.each([
    [['place', 'stock/ci'], 2, 'usage', '--all-detected'],
    [['place', 'stock/ci', 'cursr'], 5, 'not_found', 'Did you mean "cursor"?'],
    [['place', 'stock/cj', 'cursor'], 5, 'not_found', 'Did you mean "ci"?'],
    [['place', 'stock/ci', 'cursor', '--mode', 'plan'], 2, 'usage', 'Did you mean "plain"?'],
    [['place', 'stock/ci', 'cursor', '--scope', 'local'], 1, 'unsupported', 'no local scope'],
    [['place', 'stock/ci', 'cursor', '--name', 'a/b'], 2, 'usage', 'The server name'],
    [
      ['place', 'stock/ci', 'cursor', '--mode', 'env', '--var', 'A-B'],
      2,
      'usage',
      'no name of an environment variable',
    ],
    [['place', 'stock/ci', 'cursor', '--mode', 'plain', '--print'], 2, 'usage', 'shows no key'],
    [['place', 'stock/ci', 'cursor', '--dir', 'nowhere'], 5, 'not_found', 'There is no folder'],
    [['place', 'stock/ci', 'cursor', '--var', 'X'], 2, 'usage', '--var is for mode env'],
    [['place', 'stock/ci', 'cursor', '--mode', 'plain', '--var', 'X'], 2, 'usage', '--var is for mode env'],
    [['place', 'stock/ci', 'cursor', '--var', 'X', '--print'], 2, 'usage', '--var is for mode env'],
    [['place', 'stock/ci', 'cursor', '--dir', '.'], 2, 'usage', '--dir is for the files of a project'],
    [['unplace', 'stock/ci', 'cursor'], 5, 'not_found', 'is not placed there'],
    [['unplace', 'stock/ci'], 2, 'usage', 'TARGET is missing'],
    [['undo', '--yes'], 5, 'not_found', 'no change that can be undone'],
    [['undo', 'x', '--yes'], 5, 'not_found', 'no change "x"'],
  ] as const)('refuse %j', async (args, code, error, message) => {
    const refused = await run([...args, '--json']);
    expect([refused.code, refused.stdout]).toEqual([code, '']);
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code: error });
    expect(refused.stderr.replaceAll('\\"', '"')).toContain(message);
    expect(await readdir(machine.home.dir)).toEqual([]);
  });

  it('take --dir where the user’s file is the one nearest to the folder, and for an env file', async () => {
    const dir = join(machine.home.dir, 'shop');
    await mkdir(dir);
    await run(['place', 'stock/ci', 'fast-agent', 'env-file', '--dir', dir]);
    expect((await readdir(dir)).sort()).toEqual(['.env', 'fastagent.config.yaml']);
  });

  it('ask before an undo where somebody can be asked, else want --yes', async () => {
    await run(['place', 'stock/ci', 'cursor']);
    const refused = await run(['undo', '--json']);
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code: 'usage', hint: expect.stringContaining('--yes') });
    expect(await readdir(machine.home.dir)).toEqual(['.cursor']);
  });

  it('have the same rows for an env file and a hook as for a client', async () => {
    const { home } = machine;
    const path = join(home.dir, '.env');
    const hook = join(home.mcpkey, 'config/hooks/stock%2fci.json');
    const row = { mode: 'plain', changed: true, diff: expect.any(String), reload: expect.stringMatching(/./) };
    const rows = [
      { client: 'env-file', path, server: 'STOCK_API_KEY', ...row },
      { client: 'hook', path: hook, server: 'cat > /dev/null', ...row },
    ];
    const targets = ['env-file', 'hook', '--command', 'cat > /dev/null'];
    expect(await mcpkeyJson(['place', 'stock/ci', ...targets], { home })).toEqual(rows);
    const placements = rows.map(({ client, server, path }) => ({
      client,
      path,
      server,
      mode: 'plain',
      host: machine.context.host,
    }));
    expect(await mcpkeyJson(['show', 'stock/ci'], { home })).toMatchObject({ placements });
    expect(await mcpkeyJson(['list', '--local'], { home })).toMatchObject([{ placements }]);
    expect(await mcpkeyJson(['unplace', 'stock/ci', 'env-file', 'hook'], { home })).toEqual(rows);
    expect(await mcpkeyJson(['undo', '--yes'], { home })).toEqual(rows);
    expect(await mcpkeyJson(['show', 'stock/ci'], { home })).toMatchObject({ placements });
  });

  it('name in clients a file once that is the user’s and the folder’s', async () => {
    await run(['place', 'stock/ci', 'cursor']);
    const { stdout } = await run(['clients']);
    expect(stdout.split('\n').filter((line) => /^cursor /.test(line))).toEqual([expect.stringContaining('~/.cursor')]);
  });

  it('show in clients what is where, and name a broken file without failing', async () => {
    await run(['place', 'stock/ci', 'cursor']);
    await machine.home.write('.claude.json', '{\n  oops\n}');
    const listed = await mcpkeyJson<{ id: string }[]>(['clients'], { home: machine.home, cwd: '/' });
    expect(listed.find(({ id }) => id === 'cursor')).toMatchObject({
      title: 'Cursor',
      found: true,
      files: [
        { scope: 'user', path: join(machine.home.dir, '.cursor/mcp.json'), exists: true, servers: ['stock'] },
        { scope: 'project', path: '/.cursor/mcp.json', exists: false, servers: [] },
      ],
      modes: ['proxy', 'env', 'plain'],
    });
    expect(listed.find(({ id }) => id === 'claude-code')).toMatchObject({
      files: [{ error: expect.stringContaining('line 2, column 3') }, {}, {}],
    });
  });
});

it('run from the cache of npx, it copies itself, and the entry outlives the cache', async () => {
  const unfinished = await machine.home.write(`${machine.home.mcpkey}/data/app/0.1.0.bc564ea1.tmp/bin/mcpkey.js`, '');
  const cache = join(machine.home.root, '_npx/0a1b/node_modules');
  const built = dirname(dirname(program()));
  await cp(built, join(cache, 'mcpkey'), { recursive: true });
  const keyring = dirname(createRequire(import.meta.url).resolve('@napi-rs/keyring'));
  for (const name of await readdir(dirname(keyring))) {
    await cp(join(dirname(keyring), name), join(cache, '@napi-rs', name), { recursive: true });
  }
  const script = join(cache, 'mcpkey/bin/mcpkey.js');
  const placed = spawnSync(process.execPath, [script, 'place', 'stock/ci', 'cursor'], {
    env: machine.home.env,
    encoding: 'utf8',
  });
  expect(placed.status, placed.stderr).toBe(0);
  expect(placed.stderr).toMatch(/was copied to .*data\/app\/\d/);
  await expect(stat(dirname(dirname(unfinished))), 'a copy that was killed').rejects.toThrow('ENOENT');
  const again = spawnSync(process.execPath, [script, 'place', 'stock/ci', 'claude-code'], {
    env: machine.home.env,
    encoding: 'utf8',
  });
  expect([again.status, again.stderr.includes('was copied')]).toEqual([0, false]);
  await rm(join(machine.home.root, '_npx'), { recursive: true });

  const { command, env } = JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers.stock;
  const bare = {
    HOME: machine.home.dir,
    LOGNAME: 'ann',
    PATH: '/usr/bin:/bin',
    SHELL: '/bin/sh',
    TERM: 'dumb',
    USER: 'ann',
  };
  const started = spawnSync(command, ['headers', 'stock/ci'], { env: { ...bare, ...env }, encoding: 'utf8' });
  expect(started.status, started.stderr).toBe(0);
  expect(Object.keys(JSON.parse(started.stdout))).toEqual(['Authorization']);
  const app = join(machine.home.mcpkey, 'data/app');
  const [version = ''] = (await readdir(app)).filter((name) => /^\d/.test(name));
  expect(await readdir(join(app, version, 'node_modules/@napi-rs'))).toContain('keyring');
  for (const entry of await readdir(app, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const program = entry.isDirectory() || path === join(app, 'mcpkey');
    expect((await stat(path)).mode & 0o777, path).toBe(program ? 0o700 : 0o600);
  }
});
