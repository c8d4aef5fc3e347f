import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { readRegular, writeAtomic } from '../system/files.ts';

/**
 * Writes the page and returns its absolute path. Throws `usage` where its folder is not there, `conflict` where
 * another kind of file stands there.
 */
export async function savePage(file: string, cwd: string, page: string): Promise<string> {
  if (file === '' || file === '-') {
    throw new UserError('usage', `${JSON.stringify(file)} is no name of a file.`, { hint: '--html usage.html' });
  }
  const path = resolve(cwd, file);
  if (!existsSync(dirname(path))) {
    throw new UserError('usage', `There is no folder ${dirname(path)}.`, { hint: '--html usage.html' });
  }
  const before = await readRegular(path);
  if (before && before.length > 0 && !/^\s*<!doctype html/i.test(before.toString('utf8', 0, 200))) {
    throw new UserError('conflict', `${path} is there already and no web page: it stays as it is.`, {
      hint: '--html usage.html',
    });
  }
  await writeAtomic(path, page);
  return path;
}
