import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createFile, readText } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';

/**
 * The random id of this home, which keeps two homes apart in one keychain. Made with the first secret, in a file of its
 * own that only one process can create.
 */
export async function homeId(configDir: string): Promise<string> {
  const path = join(configDir, 'home-id');
  if ((await readText(path)) === undefined) await createFile(path, `${randomBytes(8).toString('hex')}\n`);
  const id = (await readText(path))?.trim() ?? '';
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw brokenFile(path, 'not 16 hexadecimal digits');
}
