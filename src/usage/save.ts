import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { readRegular, writeAtomic } from '../system/files.ts';

/** Writes the page and returns its absolute path. Throws `conflict` where another kind of file stands there. */
export async function savePage(file: string, cwd: string, page: string): Promise<string> {
  const path = resolve(cwd, file);
  const before = await readRegular(path);
  if (before && before.length > 0 && !/^\s*<!doctype html/i.test(before.toString('utf8', 0, 200))) {
    throw new UserError('conflict', `${path} is there already and no web page: it stays as it is.`, {
      hint: '--html usage.html',
    });
  }
  await writeAtomic(path, page);
  return path;
}
