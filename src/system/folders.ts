import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from './faults.ts';

/** Makes a folder and its parents, 0700; a folder that is there is left as it is. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Node's answer also where the disk is read-only; one step alone says what is wrong.
    if (isSystemError(error, 'ENOENT') && dirname(path) !== path) return makeStepwise(path);
    throw fileError(error, path, 'make');
  }
}

/** Does `work`, which makes a file in `folder`; where that folder is missing, it is made first. Most often it is there. */
export async function inFolder<T>(folder: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await ensureFolder(folder);
    return work();
  }
}

async function makeStepwise(path: string): Promise<void> {
  await ensureFolder(dirname(path));
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    throw fileError(error, path, 'make');
  }
}

interface Flush {
  readonly running: Promise<void>;
  /** Begins when that one has ended, for all who came meanwhile. */
  next: Promise<void> | undefined;
}

const flushes = new Map<string, Flush>();

/**
 * Makes a rename outlive a power cut. Windows cannot open folders and needs none of this. Who asks while a flush of the
 * folder is under way shares the next one with all others who do: it begins after whatever each of them did before.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const flush = flushes.get(path);
  if (!flush) return beginFlush(path);
  const again = () => beginFlush(path);
  flush.next ??= flush.running.then(again, again);
  return flush.next;
}

async function beginFlush(path: string): Promise<void> {
  const flush: Flush = { running: flushFolder(path), next: undefined };
  flushes.set(path, flush);
  try {
    await flush.running;
  } finally {
    if (flushes.get(path) === flush) flushes.delete(path);
  }
}

async function flushFolder(path: string): Promise<void> {
  let folder: number | undefined;
  try {
    folder = fs.openSync(path, 'r');
    await flushed(folder);
  } catch (error) {
    // Folders that may be written to but not read, and file systems (network, FUSE) that have no such thing.
    if (!isSystemError(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EPERM', 'EBADF')) throw error;
  } finally {
    if (folder !== undefined) fs.closeSync(folder);
  }
}

/** fsync(2), in the thread pool: the one call on a file that takes long. */
export const flushed = (file: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fs.fsync(file, (error) => (error ? reject(error) : resolve()));
  });

/** open(2), in the thread pool: to make a file waits where its folder is just being flushed. Resolves to its number. */
export const opened = (path: string, flags: string, mode: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.open(path, flags, mode, (error, file) => (error ? reject(error) : resolve(file)));
  });
