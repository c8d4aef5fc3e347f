import { writeFile } from 'node:fs/promises';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from '../system/faults.ts';

/** Writes a file of the person's own that is not there yet. Throws `conflict` where it is. */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) {
      throw new UserError('conflict', `${path} is there already.`, {
        hint: 'Choose another id, or move the file away.',
      });
    }
    throw fileError(error, path, 'write');
  }
}
