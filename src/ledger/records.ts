import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import type { KeyRecord, Ledger } from '../ledger.ts';
import { fileError } from '../system/faults.ts';
import { removeFile, writeAtomic } from '../system/files.ts';
import { brokenFile, ownText, parseOwnJson } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { HeldLock, Locks } from '../system/types.ts';
import { isKeyRecord, isObject } from './shape.ts';

type Records = Pick<Ledger, 'keys' | 'key' | 'add' | 'update' | 'remove' | 'generationFile'>;

/**
 * One file a key: `<dir>/<profile>/<name>.json`. Reading takes no lock, since a file is replaced as a whole; it is
 * synchronous, as thousands of small files are read several times faster that way.
 */
export function createRecords(dir: string, locks: Locks): Records {
  const pathOf = (profile: string, name: string) => join(dir, encodeName(profile), `${encodeName(name)}.json`);
  const locked = <T>(profile: string, name: string, work: (lock: HeldLock) => Promise<T>) =>
    locks.with(`key ${profile}/${name}`, work);

  async function write(record: KeyRecord, lock: HeldLock): Promise<void> {
    const text = `${JSON.stringify(record, null, 2)}\n`;
    await writeAtomic(pathOf(record.profile, record.name), text, { beforeRename: () => lock.verify() });
  }

  return {
    async keys(profile) {
      const folders = profile === undefined ? visible(list(dir)) : [encodeName(profile)];
      const records: KeyRecord[] = [];
      for (const folder of folders) {
        for (const file of list(join(dir, folder)).filter((name) => name.endsWith('.json'))) {
          const record = read(join(dir, folder, file));
          if (record) records.push(record);
        }
      }
      return records.sort((one, other) => compare(one.profile, other.profile) || compare(one.name, other.name));
    },
    key: async (profile, name) => read(pathOf(profile, name)),
    add: (record) =>
      locked(record.profile, record.name, async (lock) => {
        if (read(pathOf(record.profile, record.name))) {
          throw new UserError('conflict', `There is a key ${record.profile}/${record.name} already.`, {
            hint: 'Choose another name, or revoke that key first.',
          });
        }
        await write(record, lock);
      }),
    update: (profile, name, change) =>
      locked(profile, name, async (lock) => {
        const before = read(pathOf(profile, name));
        if (!before)
          throw new UserError('not_found', `There is no key ${profile}/${name} here.`, { hint: 'mcpkey list' });
        const after = { ...change(before), profile, name };
        await write(after, lock);
        return after;
      }),
    remove: (profile, name) =>
      locked(profile, name, async (lock) => {
        await lock.verify();
        return removeFile(pathOf(profile, name));
      }),
    generationFile: pathOf,
  };
}

/** Names of a folder's entries; none where there is no such folder. */
export function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(error, folder, 'read');
  }
}

/** Folders of keys, not those (`.bindings`, `.secrets`) that others keep beside them. */
export function visible(names: readonly string[]): readonly string[] {
  return names.filter((name) => !name.startsWith('.'));
}

/** A whole JSON document of ours, or undefined where there is no file. */
export function readDocument(path: string): Record<string, unknown> | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, path, 'read');
  }
  const value = parseOwnJson(ownText(bytes, path), path);
  if (isObject(value)) return value;
  throw brokenFile(path, 'not a JSON object');
}

function read(path: string): KeyRecord | undefined {
  const document = readDocument(path);
  if (!document) return undefined;
  if (isKeyRecord(document)) return document;
  throw brokenFile(path, 'not a record of a key');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
