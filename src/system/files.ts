import { randomBytes } from 'node:crypto';
import * as now from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { appendSynced } from './append.ts';
import { fileError } from './faults.ts';
import { ensureFolder, flushed, inFolder, opened, syncFolder } from './folders.ts';
import { followLinks } from './links.ts';

export { appendSynced, ensureFolder, followLinks };

export interface WriteOptions {
  /** Mode that the file gets whatever it had before; without it an existing file keeps its own. */
  readonly mode?: number;
  /** Mode of a file that is new; 0600 by default. */
  readonly freshMode?: number;
  /** Called when everything is written and only the rename is left; what it throws leaves the old file as it was. */
  readonly beforeRename?: () => Promise<void>;
}

/** Bytes. */
const SMALL = 64 * 1024;

/** The text of a file, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  return (await readBytes(path))?.toString('utf8');
}

/** A small file at once: through the thread pool it takes ten times as long. What may never end, a pipe, goes there. */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    const found = now.statSync(path, { throwIfNoEntry: false });
    if (!found) return undefined;
    return found.isFile() && found.size <= SMALL ? now.readFileSync(path) : await fs.readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, path, 'read');
  }
}

/** The same of a file that others made. Throws `conflict` for a pipe or a device: reading one may never end. */
export async function readRegular(path: string): Promise<Buffer | undefined> {
  try {
    const found = await fs.stat(path);
    if (!found.isFile() && !found.isDirectory()) throw notRegular(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, path, 'read');
  }
  return readBytes(path);
}

const notRegular = (path: string) =>
  new UserError('conflict', `${path} is no regular file.`, { hint: 'Move it out of the way, and try again.' });

/**
 * Replaces a file so that a reader, and a machine that loses power, sees the old bytes or the new ones: a temporary
 * file beside it, fsync, rename, fsync of the folder. Links are followed and stay, mode and owner of an existing file
 * are kept, a missing folder is made (0700). Throws `conflict` for what cannot be kept (a hard link, another's file)
 * or written (disk full, read-only), and then leaves nothing behind.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const target = await followLinks(path);
  const before = existing(target, path);
  const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await fill(temporary, data, { ...options, before, path });
    await options.beforeRename?.();
    await renameOver(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, path, 'write');
  }
  await syncFolder(dirname(target));
}

interface Filling extends WriteOptions {
  readonly before: { mode: number; uid: number; gid: number } | undefined;
  readonly path: string;
}

/**
 * Synchronous but for the flush: each of these calls takes microseconds, and as many switches between threads as it is
 * calls when it goes through the thread pool. Files of ours are small.
 */
async function fill(temporary: string, data: string | Uint8Array, options: Filling): Promise<void> {
  const { before } = options;
  const file = await inFolder(dirname(temporary), () => opened(temporary, 'wx', 0o600));
  try {
    now.writeFileSync(file, data);
    const made = now.fstatSync(file);
    if (before && (made.uid !== before.uid || made.gid !== before.gid)) keepOwner(file, before, options.path);
    const mode = options.mode ?? (before ? before.mode & 0o7777 : (options.freshMode ?? 0o600));
    // After chown, which drops the set-id bits.
    if ((made.mode & 0o7777) !== mode) now.fchmodSync(file, mode);
    await flushed(file);
  } finally {
    now.closeSync(file);
  }
}

function keepOwner(file: number, { uid, gid }: { uid: number; gid: number }, path: string): void {
  try {
    now.fchownSync(file, uid, gid);
  } catch (error) {
    throw new UserError('conflict', `${path} belongs to another user or group, which cannot be kept.`, {
      hint: 'Run as the owner of the file, or change its owner and group to yours.',
      cause: error,
    });
  }
}

function existing(target: string, path: string): Filling['before'] {
  try {
    const found = now.lstatSync(target, { throwIfNoEntry: false });
    if (!found) return undefined;
    if (!found.isFile()) throw notRegular(path);
    if (found.nlink > 1) {
      throw new UserError('conflict', `${path} has ${found.nlink} hard links, and replacing it would part them.`, {
        hint: 'Make it a file of its own, or a symbolic link, and try again.',
      });
    }
    now.accessSync(target, now.constants.W_OK);
    return found;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw fileError(error, path, 'write');
  }
}

/** Throws `conflict` where `path`, free of links, is a file that cannot be replaced or taken away without loss. */
export const checkReplaceable = async (path: string): Promise<void> => void existing(path, path);

/** Writes a file that must not be there yet, whole or not at all; false where one is. Mode 0600. */
export async function createFile(path: string, data: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await fill(temporary, data, { before: undefined, path });
    await fs.link(temporary, path);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    // File systems without hard links: whoever reads at this very moment may find it empty.
    if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EMLINK')) throw fileError(error, path, 'write');
    return await writeNew(path, data);
  } finally {
    await fs.rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeNew(path: string, data: string): Promise<boolean> {
  try {
    await fs.writeFile(path, data, { flag: 'wx', mode: 0o600, flush: true });
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw fileError(error, path, 'write');
  }
}

/** False where there was none. Without `flush` a power cut may bring it back. */
export async function removeFile(path: string, { flush = true } = {}): Promise<boolean> {
  try {
    now.unlinkSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw fileError(error, path, 'remove');
  }
  if (flush) await syncFolder(dirname(path));
  return true;
}

/** On Windows a scanner may hold the file for a moment. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return now.renameSync(from, to);
    } catch (error) {
      const held = process.platform === 'win32' && isSystemError(error, 'EPERM', 'EACCES', 'EBUSY');
      if (!held || tries === 10) throw error;
      await new Promise((done) => setTimeout(done, tries * 10));
    }
  }
}
