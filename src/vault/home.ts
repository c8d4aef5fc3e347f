import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createFile, readText } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';

/**
 * The random id of this home, which keeps two homes apart in one keychain. Made with the first secret, in a file of its
 * own that only one process can create.
 */
export async function homeId(configDir: string): Promise<string> {
  const path = pathIn(configDir);
  const known = await knownHomeId(configDir);
  if (known !== undefined) return known;
  await createFile(path, `${randomBytes(8).toString('hex')}\n`);
  return (await knownHomeId(configDir)) ?? homeId(configDir);
}

/** The id, where there is one already. Throws `bad_config_file`. */
export async function knownHomeId(configDir: string): Promise<string | undefined> {
  const path = pathIn(configDir);
  const id = (await readText(path))?.trim();
  if (id === undefined || /^[0-9a-f]{16}$/.test(id)) return id;
  throw brokenFile(path, 'not 16 hexadecimal digits');
}

const pathIn = (configDir: string): string => join(configDir, 'home-id');
