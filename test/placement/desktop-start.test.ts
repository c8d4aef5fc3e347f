/**
 * What stands in clients' files is started as a desktop starts it: as it was placed, and after Node, npx's cache or
 * mcpkey itself was replaced. Clients that start the very same words share a run.
 */
import { constants } from 'node:fs';
import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useEntry } from '../../scripts/stage/client.mjs';
import { readEntries } from '../../src/clients/formats/index.ts';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile, EntryParts } from '../../src/clients/types.ts';
import { machineOf } from '../../src/placement/machine.ts';
import { type RunOptions, run } from '../../src/system/run.ts';
import { createHome, program } from '../helpers/cli.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

const ALL: readonly Client[] = Object.values(CLIENTS);
/** By mode: the key, and the server's name in the file. */
const PLACED = { proxy: 'stock/ci', helper: 'stock/ci', wrap: 'acme/ci' } as const;
type Mode = keyof typeof PLACED;
const MODES = ['proxy', 'helper', 'wrap'] as const;
const CALLS = {
  proxy: { name: 'search_stocks', arguments: { query: 'bank' } },
  wrap: { name: 'echo', arguments: { text: 'hello' } },
} as const;

/** Where mcpkey is run from: which Node, which script. */
interface Installation {
  readonly node: string;
  readonly script: string;
}

/** Words that a client starts, and who has them in its file. */
interface Started {
  readonly mode: Mode;
  readonly parts: Pick<EntryParts, 'command' | 'args' | 'env'>;
  /** Of a helper: one line for a shell. */
  readonly line: string | undefined;
  readonly clients: string[];
}

let sandbox: Sandbox;
/** Everything of this machine lies below it; the folders in it have blanks, as people's have. */
let root: string;
let home: string;
let env: Record<string, string>;
let groups: readonly Started[];
const app = () => join(env.MCPKEY_HOME ?? '', 'data/app');

beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'generic'] });
  const made = await createHome();
  root = await realpath(made.root);
  home = join(root, 'Ann Lee');
  env = { ...made.env, HOME: home, MCPKEY_HOME: join(root, "ann's own", 'mcp key') };
  await mkdir(home);
  const first = { node: process.execPath, script: program() };
  await makeKeys(first);
  groups = groupsOf(await placeEverywhere(first));
});
afterAll(() => sandbox.close());

/** What a program prints; fails where it does. */
async function printedBy(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  expect(code, `${command} ${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}

const mcpkey = (
  { node, script }: Installation,
  args: readonly string[],
  more: Pick<RunOptions, 'input' | 'env'> = {},
) => printedBy(node, [script, ...args], { ...more, cwd: home, env: { ...env, ...more.env } });

async function makeKeys(by: Installation): Promise<void> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const { local, dashboard } = sandbox.service('generic');
  const login = { env: { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password } };
  await mcpkey(by, ['login', 'stock-data', '-p', 'stock', '--password', '--url', url, '--mcp-url', mcpUrl], login);
  await mcpkey(by, ['create', 'ci', '-p', 'stock']);
  const [node = '', server = '', ...rest] = local.command;
  // A server's own words may have blanks as well; it finds its modules beside where it really lies.
  const script = join(home, 'my server.mjs');
  await writeFile(script, `await import(${JSON.stringify(server)});\n`);
  const words = [node, `"${script}"`, ...rest].join(' ');
  await mcpkey(by, ['profile', 'add', 'generic', '-p', 'acme', '--command', words, '--env', local.variable]);
  await mcpkey(by, ['import', 'ci', '-p', 'acme', '--stdin'], { input: dashboard.create({ name: 'k' }).secret });
}

function fileOf(client: Client): ClientFile | undefined {
  const at = machineOf({ platform: process.platform, home, env, cwd: home });
  return client.files(at).find((file) => file.scope === 'user' && !file.aside);
}

/** Each client that has the mode, and its entry: as it stands in its file, or as it is printed where it has none. */
async function placeEverywhere(by: Installation): Promise<(readonly [Mode, Client, unknown])[]> {
  for (const path of ALL.flatMap((client) => fileOf(client)?.path ?? [])) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
  }
  const entries: (readonly [Mode, Client, unknown])[] = [];
  for (const mode of MODES) {
    const clients = ALL.filter(({ modes }) => modes.includes(mode));
    const withFile = clients.filter((client) => fileOf(client));
    const without = clients.filter((client) => !fileOf(client));
    const words = ['--mode', mode, '--name', mode];
    await mcpkey(by, ['place', PLACED[mode], ...withFile.map(({ id }) => id), ...words]);
    for (const client of withFile) {
      const file = fileOf(client);
      if (file) entries.push([mode, client, (await readEntries(await readFile(file.path), file))[mode]]);
    }
    for (const client of without) {
      const text = await mcpkey(by, ['place', PLACED[mode], client.id, ...words, '--print']);
      if (client.paste) {
        const [as, path] = [client.paste, 'what was printed'];
        entries.push([mode, client, (await readEntries(Buffer.from(text), { ...as, path }))[mode]]);
      }
    }
  }
  return entries;
}

function groupsOf(entries: readonly (readonly [Mode, Client, unknown])[]): readonly Started[] {
  const found = new Map<string, Started>();
  for (const [mode, client, entry] of entries) {
    const { command, args, env: own } = client.read(entry);
    const line = mode === 'helper' ? helperIn(entry) : undefined;
    const parts = line === undefined ? { command, args, env: own } : { command: undefined, args: [], env: {} };
    const key = JSON.stringify([mode, parts, line]);
    const group = found.get(key) ?? { mode, parts, line, clients: [] };
    group.clients.push(client.id);
    found.set(key, group);
  }
  return [...found.values()];
}

function helperIn(entry: unknown): string | undefined {
  const fields: [string, unknown][] = typeof entry === 'object' && entry !== null ? Object.entries(entry) : [];
  const [line] = fields.flatMap(([name, value]) => (/helper$/i.test(name) && typeof value === 'string' ? [value] : []));
  return line;
}

const person = () => ({ HOME: home, USER: 'ann', LOGNAME: 'ann' });
/** What a program has that no shell started. */
const DESKTOPS: Readonly<Record<string, () => Record<string, string>>> = {
  'a Linux desktop session': () => ({
    ...person(),
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    DISPLAY: ':0',
    XDG_CURRENT_DESKTOP: 'GNOME',
    XDG_SESSION_TYPE: 'wayland',
  }),
  launchd: () => ({ ...person(), SHELL: '/bin/zsh', PATH: '/usr/bin:/bin:/usr/sbin:/sbin', TMPDIR: env.TMPDIR ?? '' }),
};

/** Fails where a group does not answer: tools for what is started, headers for a helper. */
async function expectAnswers(): Promise<void> {
  for (const [name, desktop] of Object.entries(DESKTOPS)) {
    await Promise.all(groups.map((group) => expectAnswer(group, desktop(), `from ${name}`)));
  }
}

async function expectAnswer({ mode, parts, line, clients }: Started, own: Record<string, string>, from: string) {
  const what = `${mode} of ${clients.join(', ')} ${from}`;
  if (mode === 'helper') {
    const printed = await printedBy('/bin/sh', ['-c', line ?? 'false'], { env: own, cwd: '/' });
    expect(Object.keys(JSON.parse(printed)), what).toEqual(['Authorization']);
    return;
  }
  const { command = '', args, env: given } = parts;
  const answer = useEntry({ command, args: [...args], env: { ...given } }, { home, call: CALLS[mode], own });
  await expect(answer, what).resolves.toMatchObject({ tools: expect.arrayContaining([CALLS[mode].name]) });
}

/** The package as npm puts it into a folder of modules, with the native keyring beside it. */
async function install(modules: string, version: string): Promise<string> {
  const folder = join(modules, 'mcpkey');
  await cp(dirname(dirname(program())), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'mcpkey', version, type: 'module' }));
  const keyring = dirname(dirname(createRequire(import.meta.url).resolve('@napi-rs/keyring')));
  for (const name of await readdir(keyring))
    await cp(join(keyring, name), join(modules, '@napi-rs', name), { recursive: true });
  return join(folder, 'bin/mcpkey.js');
}

/** A new machine's launcher, made by this installation; no file of a client says anything else for it. */
async function placeBy(by: Installation): Promise<void> {
  const texts = () => Promise.all(ALL.flatMap((client) => fileOf(client)?.path ?? []).map((path) => readFile(path)));
  const before = await texts();
  await rm(app(), { recursive: true, force: true });
  for (const mode of MODES) await mcpkey(by, ['place', PLACED[mode], 'claude-code', '--mode', mode, '--name', mode]);
  expect(await texts()).toEqual(before);
}

async function link(to: string, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(relative(dirname(path), to), path);
  return path;
}

describe('what clients start', () => {
  it('is told by each client that starts mcpkey, in a few forms', () => {
    for (const mode of MODES) {
      const having = ALL.flatMap(({ id, modes }) => (modes.includes(mode) ? [id] : []));
      const told = groups.filter((group) => group.mode === mode);
      expect(told.flatMap(({ clients }) => clients).sort()).toEqual([...having].sort());
      expect(told.length).toBeLessThanOrEqual(3);
      for (const { line, parts } of told) {
        expect(line ?? [parts.command, ...parts.args].join(' ')).toContain('mcp key/data/app/mcpkey');
      }
    }
  });

  it('answers as it was placed', { timeout: 60_000 }, async () => {
    await placeBy({ node: process.execPath, script: await install(join(root, 'global modules'), '0.1.0') });
    await expectAnswers();
  });

  it('answers after a version manager put another Node in the place of the one it was placed with', {
    timeout: 60_000,
  }, async () => {
    const versions = join(home, '.nvm/versions/node');
    const [old, next] = [join(versions, 'v20.19.0'), join(versions, 'v22.99.0')];
    await mkdir(join(old, 'bin'), { recursive: true });
    await copyFile(process.execPath, join(old, 'bin/node'), constants.COPYFILE_FICLONE);
    await install(join(old, 'lib/node_modules'), '0.1.0');
    await placeBy({
      node: join(old, 'bin/node'),
      script: await link(join(old, 'lib/node_modules/mcpkey/bin/mcpkey.js'), join(old, 'bin/mcpkey')),
    });
    await rename(old, next);
    const log = join(root, 'started');
    await rm(join(next, 'bin/node'));
    const script = `#!/bin/sh\necho "$*" >>'${log}'\nexec '${process.execPath}' "$@"\n`;
    await writeFile(join(next, 'bin/node'), script, { mode: 0o755 });
    await expectAnswers();
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes('bin/mcpkey.js'));
    expect(lines).toHaveLength(groups.length * Object.keys(DESKTOPS).length);
    await rm(next, { recursive: true });
  });

  it('answers after npx’s cache was emptied', { timeout: 60_000 }, async () => {
    const cache = join(home, '.npm/_npx');
    await placeBy({ node: process.execPath, script: await install(join(cache, '0a1b/node_modules'), '0.1.0') });
    await rm(cache, { recursive: true });
    await expectAnswers();
  });

  it('answers after npm put a newer mcpkey in its place', { timeout: 60_000 }, async () => {
    const modules = join(root, 'npm prefix/lib/node_modules');
    const started = await link(await install(modules, '0.1.0'), join(root, 'npm prefix/bin/mcpkey'));
    await placeBy({ node: process.execPath, script: started });
    await rm(modules, { recursive: true });
    await appendFile(await install(modules, '99.0.0'), '// newer\n');
    await expectAnswers();
  });

  it('answers after a package manager that keeps versions apart took the older mcpkey away', {
    timeout: 60_000,
  }, async () => {
    const store = (version: string) => join(root, `store/mcpkey@${version}/node_modules`);
    const current = join(root, 'global bin/mcpkey');
    await link(await install(store('0.1.0'), '0.1.0'), current);
    await placeBy({ node: process.execPath, script: current });
    await rm(join(root, 'store'), { recursive: true });
    await rm(current);
    await link(await install(store('99.0.0'), '99.0.0'), current);
    await expectAnswers();
  });
});
