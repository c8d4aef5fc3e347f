/** What a killed process leaves besides a change half done: temporary files beside their target, and locks. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { takeOverIfStale } from './lockholder.ts';

/** Temporary files beside `path`; they may hold what was about to be written. Only under the lock of who writes there. */
export async function sweepTemporary(path: string): Promise<void> {
  const begin = `.${basename(path).slice(0, 100)}.`;
  await sweepFolder(dirname(path), (name) => name.startsWith(begin) && isTemporary(name.slice(begin.length)));
}

/** The same of every file in a folder whose name begins so. */
export const sweepTemporaries = (folder: string, begin: string): Promise<void> =>
  sweepFolder(folder, (name) => name.startsWith(`.${begin}`) && isTemporary(name.split('.').slice(-2).join('.')));

const isTemporary = (end: string): boolean => /^[0-9a-f]{12}\.tmp$/.test(end);

async function sweepFolder(folder: string, isLeft: (name: string) => boolean): Promise<void> {
  for (const name of await namesIn(folder)) if (isLeft(name)) await rm(join(folder, name), { force: true });
}

/**
 * Removes the locks in these folders whose holder is gone; those of the living stay, and so does what cannot be read or
 * removed: whoever needs that lock is told why.
 */
export async function sweepLocks(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (const name of await namesIn(folder)) {
      if (name.endsWith('.lock')) await takeOverIfStale(join(folder, name), Date.now).catch(leaveIt);
    }
  }
}

function leaveIt(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  }
}
