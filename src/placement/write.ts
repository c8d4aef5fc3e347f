/** Files put back as they were. */
import { rmdir } from 'node:fs/promises';
import { isSystemError } from '../errors.ts';
import { readBytes, removeFile, writeAtomic } from '../system/files.ts';
import { type ChangedFile, digest } from './kept.ts';

/** Removes a file, and the folders that were made for it (outermost first) where nothing else is in them. */
export async function takeAway(path: string, folders: readonly string[]): Promise<void> {
  await removeFile(path);
  for (const folder of [...folders].reverse()) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY', 'EPERM', 'EACCES')) return;
      throw error;
    }
  }
}

/** The bytes and the mode of before, where the file is still as the change left it; else false, and nothing is done. */
export async function putBack(file: ChangedFile, before: Buffer | undefined): Promise<boolean> {
  const { path, mode, folders } = file;
  if (digest(await readBytes(path)) !== file.after) return false;
  if (before === undefined) await takeAway(path, folders);
  else await writeAtomic(path, before, mode === null ? {} : { mode });
  return true;
}
