import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { afterAll } from 'vitest';

/** A machine of its own: a home folder, mcpkey's folder, and an `age` store that needs no set-up. */
export interface Home {
  /** Everything of this machine lies below it. */
  readonly root: string;
  /** `HOME`. */
  readonly dir: string;
  /** `MCPKEY_HOME`. */
  readonly mcpkey: string;
  /** The whole environment of a program that runs here; nothing of the outside but `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** Text of a file; relative paths are below `dir`. */
  read(path: string): Promise<string>;
  /** Writes a file and its folders. */
  write(path: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

const homes = new Set<Home>();

/** Makes a machine; it is removed after the test file. `env` is laid over its environment. */
export async function createHome(env: Record<string, string> = {}): Promise<Home> {
  const root = await mkdtemp(join(tmpdir(), 'mcpkey-test-'));
  const dir = join(root, 'home');
  const mcpkey = join(root, 'mcpkey');
  const identity = join(root, 'identity.txt');
  await mkdir(dir);
  await mkdir(join(root, 'tmp'));
  await writeFile(identity, `${await generateIdentity()}\n`, { mode: 0o600 });
  const home: Home = {
    root,
    dir,
    mcpkey,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: dir,
      TMPDIR: join(root, 'tmp'),
      LOGNAME: 'ann',
      USER: 'ann',
      BROWSER: 'none',
      TZ: 'UTC',
      MCPKEY_HOME: mcpkey,
      MCPKEY_MACHINE: 'laptop',
      MCPKEY_STORE: 'age',
      MCPKEY_AGE_IDENTITY: identity,
      ...env,
    },
    read: (path) => readFile(join(path.startsWith('/') ? '' : dir, path), 'utf8'),
    async write(path, text) {
      const file = join(path.startsWith('/') ? '' : dir, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    async remove() {
      homes.delete(home);
      await rm(root, { recursive: true, force: true });
    },
  };
  homes.add(home);
  return home;
}

/** Folders of mcpkey's own, of every machine that is not removed yet. */
export const ownFolders = (): readonly string[] => [...homes].map((home) => home.mcpkey);

afterAll(async () => {
  for (const home of homes) await home.remove();
});
