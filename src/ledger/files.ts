/** The ledger's files: read as a whole and without a lock, since a file is replaced as a whole. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from '../system/faults.ts';
import { removeFile, writeAtomic } from '../system/files.ts';
import { brokenFile, ownText, parseOwnJson } from '../system/json.ts';
import type { Locks } from '../system/types.ts';
import type { Documents, LedgerDocument } from './documents.ts';
import { isObject } from './shape.ts';

const SUFFIX = '.json';

/** One file a document, `<dir>/<name>.json`; synchronous, as thousands of small files are read several times faster that way. */
export function fileDocuments(dir: string, locks: Pick<Locks, 'with'>): Documents {
  const pathOf = (name: string) => join(dir, `${name}${SUFFIX}`);
  return {
    file: pathOf,
    get: async (name) => readFile(pathOf(name)),
    async list(folder) {
      const documents: LedgerDocument[] = [];
      for (const each of folder === undefined ? visible(list(dir)) : [folder]) {
        const home = join(dir, each);
        for (const file of list(home).filter((name) => name.endsWith(SUFFIX))) {
          const document = readFile(home + sep + file);
          if (document) documents.push(document);
        }
      }
      return documents;
    },
    change: (name, what, after) =>
      locks.with(what, async (lock) => {
        const path = pathOf(name);
        const before = readFile(path);
        const text = after(before);
        if (text !== undefined) return writeAtomic(path, text, { beforeRename: () => lock.verify() });
        await lock.verify();
        if (before) await removeFile(path);
      }),
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
  const document = readFile(path);
  return document && parseDocument(document);
}

/** Throws `bad_config_file` where it is no JSON object. */
export function parseDocument({ text, where }: LedgerDocument): Record<string, unknown> {
  const value = parseOwnJson(text, where);
  if (isObject(value)) return value;
  throw brokenFile(where, 'not a JSON object');
}

function readFile(path: string): LedgerDocument | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, path, 'read');
  }
  return { text: ownText(bytes, path), where: path };
}
