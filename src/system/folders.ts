import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from './faults.ts';

/** Makes a folder and its parents, 0700; a folder that is there is left as it is. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Node's answer also where the disk is read-only; one step alone says what is wrong.
    if (isSystemError(error, 'ENOENT') && dirname(path) !== path) return makeStepwise(path);
    throw fileError(error, path, 'make');
  }
}

async function makeStepwise(path: string): Promise<void> {
  await ensureFolder(dirname(path));
  try {
    await fs.mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw fileError(error, path, 'make');
  }
}

/** Makes a rename outlive a power cut. Windows cannot open folders and needs none of this. */
export async function syncFolder(path: string): Promise<void> {
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
