/** A machine, a service and a key there, to be rotated and killed over and over. Runs with and without vitest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity } from 'age-encryption';
import { type Native, type NativeOptions, startNative } from '../../sandbox/native.ts';

export interface Finished {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Site {
  readonly native: Native;
  /** `MCPKEY_HOME`, and the folder of the clients' files. */
  readonly mcpkey: string;
  readonly home: string;
  /** Runs the program to its end; `watch` gets the process as it starts. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** What this machine believes and holds, read from its files alone. */
  look(): Promise<Holdings>;
  close(): Promise<void>;
  /** Secrets of dead keys that are in the store. */
  litter: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | undefined;
  watch?(child: ChildProcess): void;
}

export interface Holdings {
  /** Id of the key that the ledger has as the current one. */
  readonly id: string;
  /** Its secret, by the ledger's record, from the store. */
  readonly secret: string | undefined;
  /** The key before, where one lives on. */
  readonly previous: string | undefined;
  /** Every id that the ledger knows. */
  readonly known: readonly string[];
  /** Secrets in the store. */
  readonly kept: number;
  /** The client's file. */
  readonly placed: string;
  /** Journals that are left. */
  readonly journals: readonly string[];
}

/** Where the client's file is, below the home. */
const CURSOR = '.cursor/mcp.json';

/** `program` is the built one. The key is called `acme/ci`, and stands in the clear in one client's file. */
export async function startSite(program: string, options: NativeOptions): Promise<Site> {
  const native = await startNative(options);
  const root = await mkdtemp(join(tmpdir(), 'mcpkey-crash-'));
  const [home, mcpkey, identity] = [join(root, 'home'), join(root, 'mcpkey'), join(root, 'identity.txt')];
  const key = await generateIdentity();
  await mkdir(join(root, 'tmp'), { recursive: true });
  await mkdir(home);
  await writeFile(identity, `${key}\n`, { mode: 0o600 });
  const machine = { HOME: home, TMPDIR: join(root, 'tmp'), USER: 'ann', LOGNAME: 'ann', TZ: 'UTC', BROWSER: 'none' };
  const store = { MCPKEY_HOME: mcpkey, MCPKEY_MACHINE: 'laptop', MCPKEY_STORE: 'age', MCPKEY_AGE_IDENTITY: identity };
  const env = { PATH: process.env.PATH ?? '', ...machine, ...store, MCPKEY_TOKEN: native.token };
  const site: Site = {
    native,
    litter: 0,
    mcpkey,
    home,
    run: (args, more = {}) => finish([program, ...args], { ...more, env: { ...env, ...more.env } }, home),
    look: () => look(mcpkey, home, key),
    async close() {
      await native.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  await setUp(site, root, options);
  return site;
}

async function setUp(site: Site, root: string, options: NativeOptions): Promise<void> {
  const manifest = join(root, 'acme-rolls.json');
  await writeFile(manifest, JSON.stringify(site.native.manifest));
  await must(site, ['provider', 'add', manifest, '--yes']);
  await must(site, ['profile', 'add', 'acme-rolls', '--url', site.native.url, '-p', 'acme']);
  if (options.createByHand) await must(site, ['import', 'ci', '--stdin'], site.native.make('ci'));
  else await must(site, ['create', 'ci']);
  await must(site, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
}

/** A lock whose holder was killed before it had written its name is free after 20 s; a second more. */
const LOCK_PATIENCE = 21;

/** Once more where a lock without a name stands in the way. */
export async function patiently(run: () => Promise<Finished>): Promise<Finished> {
  for (let left = LOCK_PATIENCE; ; left -= 1) {
    const finished = await run();
    const locked = finished.code !== null && / is in use by another process/.test(finished.stdout + finished.stderr);
    if (!locked || left === 0) return finished;
    await new Promise((done) => setTimeout(done, 1_000));
  }
}

/** The same, which must succeed. */
export async function must(site: Site, args: readonly string[], input?: string): Promise<Finished> {
  const finished = await patiently(() => site.run(args, { input }));
  if (finished.code === 0) return finished;
  throw new Error(
    `mcpkey ${args.join(' ')}: exit ${finished.code ?? finished.signal}\n${finished.stdout}${finished.stderr}`,
  );
}

async function finish(words: readonly string[], options: RunOptions, cwd: string): Promise<Finished> {
  const child = spawn(process.execPath, [...words], { cwd, env: { ...options.env } });
  options.watch?.(child);
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [code, signal] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, signal: typeof signal === 'string' ? signal : null, ...text };
}

interface KeptKey {
  readonly id: string;
  readonly name: string;
  readonly secret: string | null;
  readonly previous: { readonly id: string } | null;
}

async function look(mcpkey: string, home: string, identity: string): Promise<Holdings> {
  const folder = join(mcpkey, 'data/ledger/acme');
  const records: KeptKey[] = [];
  for (const file of await names(folder)) {
    if (file.endsWith('.json')) records.push(JSON.parse(await readFile(join(folder, file), 'utf8')));
  }
  const current = records.find((record) => record.name === 'ci');
  if (!current) throw new Error('the ledger has lost the key');
  const secrets = await secretFiles(mcpkey);
  const file = secrets.find((path) => path.includes(`/${current.secret}`));
  const previous = current.previous?.id;
  return {
    id: current.id,
    secret: file === undefined ? undefined : await decrypt(file, identity),
    previous,
    known: [...records.map((record) => record.id), ...(previous === undefined ? [] : [previous])],
    kept: secrets.length,
    placed: await readFile(join(home, CURSOR), 'utf8'),
    journals: (await names(join(mcpkey, 'state/journals'))).filter((name) => name.endsWith('.jsonl')),
  };
}

async function secretFiles(mcpkey: string): Promise<string[]> {
  const store = join(mcpkey, 'data/age');
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => path.includes('/acme/') && path.endsWith('.age'));
}

async function decrypt(file: string, identity: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(await readFile(file), 'text');
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
