import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40;

export interface WriteOptions {
  /** Mode that the file gets whatever it had before; without it an existing file keeps its own. */
  readonly mode?: number;
  /** Mode of a file that is new; 0600 by default. */
  readonly freshMode?: number;
  /** Called when everything is written and only the rename is left; what it throws leaves the old file as it was. */
  readonly beforeRename?: () => Promise<void>;
}

/** The text of a file, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  return (await readBytes(path))?.toString('utf8');
}

export async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await fs.readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, path, 'read');
  }
}

/**
 * Replaces a file so that a reader, and a machine that loses power, sees the old bytes or the new ones: a temporary
 * file beside it, fsync, rename, fsync of the folder. Links are followed and stay, mode and owner of an existing file
 * are kept, a missing folder is made (0700). Throws `conflict` for what cannot be kept (a hard link, another's file)
 * or written (disk full, read-only), and then leaves nothing behind.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const target = await followLinks(path);
  const before = await existing(target, path);
  const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await ensureFolder(dirname(target));
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

async function fill(temporary: string, data: string | Uint8Array, options: Filling): Promise<void> {
  const { before } = options;
  const file = await fs.open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(data);
    const made = await file.stat();
    if (before && (made.uid !== before.uid || made.gid !== before.gid)) {
      await file.chown(before.uid, before.gid).catch((error: unknown) => {
        throw new UserError('conflict', `${options.path} belongs to another user or group, which cannot be kept.`, {
          hint: 'Run as the owner of the file, or change its owner and group to yours.',
          cause: error,
        });
      });
    }
    // After chown, which drops the set-id bits.
    await file.chmod(options.mode ?? (before ? before.mode & 0o7777 : (options.freshMode ?? 0o600)));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function existing(target: string, path: string): Promise<Filling['before']> {
  try {
    const found = await fs.lstat(target);
    if (!found.isFile()) throw new UserError('conflict', `${path} is no regular file.`);
    if (found.nlink > 1) {
      throw new UserError('conflict', `${path} has ${found.nlink} hard links, and replacing it would part them.`, {
        hint: 'Make it a file of its own, or a symbolic link, and try again.',
      });
    }
    await fs.access(target, constants.W_OK);
    return found;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw fileError(error, path, 'write');
  }
}

/**
 * Where a path leads when every link is followed, the last one even when nothing is there yet. The parent folder is
 * resolved as well, so that two ways to one file give one answer.
 */
export async function followLinks(path: string): Promise<string> {
  let current = resolve(path);
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const folder = await realFolder(dirname(current));
    current = join(folder, basename(current));
    try {
      current = resolve(folder, await fs.readlink(current));
    } catch (error) {
      // EINVAL: no link. UNKNOWN: how Windows says it.
      if (isSystemError(error, 'EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN')) return current;
      throw fileError(error, path, 'read');
    }
  }
  throw new UserError('conflict', `${path} is a link that leads back to itself.`);
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await fs.realpath(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return folder;
    throw fileError(error, folder, 'read');
  }
}

/** Makes a folder and its parents, 0700; a folder that is there is left as it is. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, path, 'make');
  }
}

/** Writes a file that must not be there yet, whole or not at all; false where one is. Mode 0600. */
export async function createFile(path: string, data: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await ensureFolder(dirname(path));
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

/** False where there was none. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw fileError(error, path, 'remove');
  }
  await syncFolder(dirname(path));
  return true;
}

/**
 * Appends `line` and a line end, and returns when they are on the disk. One writer at a time (take a lock). A line that
 * could not be written wholly is taken back.
 */
export async function appendSynced(path: string, line: string): Promise<void> {
  try {
    await ensureFolder(dirname(path));
    const file = await fs.open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      try {
        await file.appendFile(`${line}\n`);
        await file.sync();
      } catch (error) {
        await file.truncate(size);
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}

/** On Windows a scanner may hold the file for a moment. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fs.rename(from, to);
    } catch (error) {
      const held = process.platform === 'win32' && isSystemError(error, 'EPERM', 'EACCES', 'EBUSY');
      if (!held || tries === 10) throw error;
      await new Promise((done) => setTimeout(done, tries * 10));
    }
  }
}

/** Makes a rename outlive a power cut. Windows cannot open folders and needs none of this. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  let folder: fs.FileHandle | undefined;
  try {
    folder = await fs.open(path, 'r');
    await folder.sync();
  } catch (error) {
    // Folders that may be written to but not read, and file systems (network, FUSE) that have no such thing.
    if (!isSystemError(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EPERM', 'EBADF')) throw error;
  } finally {
    await folder?.close();
  }
}
