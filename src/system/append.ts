import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from './faults.ts';
import { flushed, inFolder } from './folders.ts';

/**
 * Appends `line` and a line end, and returns when they are on the disk. One writer at a time (take a lock). A line that
 * could not be written wholly is taken back.
 */
export async function appendSynced(path: string, line: string): Promise<void> {
  try {
    const file = await inFolder(dirname(path), () => fs.openSync(path, 'a', 0o600));
    try {
      const { size } = fs.fstatSync(file);
      try {
        fs.writeFileSync(file, `${line}\n`);
        await flushed(file);
      } catch (error) {
        cutBack(file, size);
        throw error;
      }
    } finally {
      fs.closeSync(file);
    }
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}

/** What cannot be cut away either (a device) must not hide why it was to be. */
function cutBack(file: number, size: number): void {
  try {
    fs.ftruncateSync(file, size);
  } catch {
    return;
  }
}
