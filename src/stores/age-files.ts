/** Where the files of the `age` store lie, and which there are. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from '../system/faults.ts';
import { SAFE_NAME } from '../system/names.ts';
import type { StorePorts } from './types.ts';

const SUFFIX = '.age';
const PROBE = 'probe';
/** First steps of the ids that others read too. Logins stay on the machine: a rotating refresh token has one home. */
const FOR_ALL = ['shared', PROBE];

/** `MCPKEY_AGE_DIR`, else the folder chosen with `store use age --dir`, else mcpkey's own. */
export function sharedFolder(ports: StorePorts): string {
  return resolve(ports.env.MCPKEY_AGE_DIR || ports.dir || ownFolder(ports));
}

export function ownFolder({ dataDir }: Pick<StorePorts, 'dataDir'>): string {
  return join(dataDir, 'age');
}

export function pathOf(ports: StorePorts, id: string): string {
  const parts = id.split('/');
  // Ids are ours, yet become paths: never let one lead elsewhere.
  if (parts.length !== 3 || !parts.every((part) => SAFE_NAME.test(part))) throw new Error('not an id of a secret');
  const folder = FOR_ALL.includes(parts[0] ?? '') ? sharedFolder(ports) : ownFolder(ports);
  return `${join(folder, ...parts)}${SUFFIX}`;
}

/**
 * Whether this machine has encrypted something already. What others put into a shared folder does not count, nor a
 * secret that is known before it is written.
 */
export async function holdsSecrets(ports: StorePorts): Promise<boolean> {
  if ((await idsBelow(ownFolder(ports))).some((id) => !id.startsWith(`${PROBE}/`))) return true;
  const shared = new Set(await idsBelow(sharedFolder(ports)));
  return (await ports.index()).some((id) => shared.has(id));
}

export async function idsBelow(folder: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const home of await names(folder)) {
    for (const profile of await names(join(folder, home))) {
      const files = (await names(join(folder, home, profile))).filter((name) => name.endsWith(SUFFIX));
      ids.push(...files.map((file) => `${home}/${profile}/${file.slice(0, -SUFFIX.length)}`));
    }
  }
  return ids;
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => SAFE_NAME.test(name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(error, folder, 'read');
  }
}
