import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40;

/**
 * Where a path leads when every link is followed, the last one even when nothing is there yet. The parent folder is
 * resolved as well, so that two ways to one file give one answer.
 */
export async function followLinks(path: string): Promise<string> {
  let current = resolve(path);
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const folder = realFolder(dirname(current));
    current = join(folder, basename(current));
    try {
      // Most are none, and to be told so by an error takes ten times as long.
      if (!lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink()) return current;
      current = resolve(folder, readlinkSync(current));
    } catch (error) {
      // EINVAL: no link any more. UNKNOWN: how Windows says it.
      if (isSystemError(error, 'EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN')) return current;
      throw fileError(error, path, 'read');
    }
  }
  throw new UserError('conflict', `${path} is a link that leads back to itself.`, {
    hint: 'Remove the link, or let it lead to a file.',
  });
}

function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return folder;
    throw fileError(error, folder, 'read');
  }
}
