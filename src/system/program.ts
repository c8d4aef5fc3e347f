/** The mcpkey that is running: which Node, which script, which package; and a copy of that package. */
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, cp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSystemError } from '../errors.ts';
import { fileError } from './faults.ts';
import { ensureFolder } from './files.ts';

export interface Program {
  /** Absolute path of the Node that runs it. */
  readonly node: string;
  /** Absolute path of bin/mcpkey.js, free of links. */
  readonly script: string;
  /** The same as it was started, where that is a link: a package manager that keeps versions apart leads it on. */
  readonly link?: string | undefined;
  /** Folder of the package. */
  readonly root: string;
}

const SCRIPT = join('bin', 'mcpkey.js');
const KEYRING = '@napi-rs/keyring';

/** The running program. Where something else loaded this module (a test), the package that the module belongs to. */
export function runningProgram(): Program {
  const named = process.argv[1];
  const started = named === undefined ? undefined : resolved(named);
  if (started && basename(started) === 'mcpkey.js') {
    const link = named === started ? undefined : named;
    return { node: process.execPath, script: started, link, root: dirname(dirname(started)) };
  }
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, SCRIPT)) && dirname(root) !== root) root = dirname(root);
  return { node: process.execPath, script: join(root, SCRIPT), root };
}

function resolved(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** True where the package lies in a place that is swept: the caches of npx, pnpm dlx, yarn dlx and bunx, the temporary folder. */
export function isPassing(root: string): boolean {
  const parts = root.split(sep);
  const swept = parts.some((part) => part === '_npx' || part === 'dlx' || /^(dlx-|bunx-|xfs-)/.test(part));
  const temporary = resolved(tmpdir());
  return swept || (temporary !== undefined && root.startsWith(temporary + sep));
}

/**
 * Copies what the program needs to run (its own files and the native keyring) to `target`, all or nothing: a copy that
 * is there already is left as it is, one beside it that a crash cut short goes. Only under the lock of who copies there.
 * Resolves to the copied script, and whether it was copied just now.
 */
export async function copyProgram(program: Program, target: string): Promise<{ script: string; copied: boolean }> {
  const script = join(target, SCRIPT);
  if (existsSync(script)) return { script, copied: false };
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await ensureFolder(dirname(target));
    await sweepUnfinished(dirname(target));
    for (const part of ['bin', 'dist', 'package.json']) {
      await cp(join(program.root, part), join(temporary, part), { recursive: true, dereference: true });
    }
    for (const { name, folder } of keyringPackages(program.root)) {
      await cp(folder, join(temporary, 'node_modules', name), { recursive: true, dereference: true });
    }
    await makePrivate(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another process was quicker, where this one stood still for so long that its lock was taken over.
    if (existsSync(script)) return { script, copied: false };
    throw fileError(error, target, 'write');
  }
  return { script, copied: true };
}

async function sweepUnfinished(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => /\.[0-9a-f]{8}\.tmp$/.test(name));
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}

/** Folders 0700, files 0600: Node reads the script, so nothing here is a program of its own. */
async function makePrivate(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  }
  await chmod(folder, 0o700);
}

/** The keyring and the one of its platform packages that is installed. */
function keyringPackages(root: string): { name: string; folder: string }[] {
  const main = packageFolder(join(root, SCRIPT), KEYRING);
  if (!main) return [];
  const manifest: unknown = createRequire(join(main, 'package.json'))('./package.json');
  const optional =
    isRecord(manifest) && isRecord(manifest.optionalDependencies) ? Object.keys(manifest.optionalDependencies) : [];
  const platform = optional.flatMap((name) => {
    const folder = packageFolder(join(main, 'package.json'), name);
    return folder ? [{ name, folder }] : [];
  });
  return [{ name: KEYRING, folder: main }, ...platform];
}

/** Looks through node_modules upwards, as Node does; a package may not export its package.json. */
function packageFolder(from: string, name: string): string | undefined {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (dirname(folder) === folder) return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
