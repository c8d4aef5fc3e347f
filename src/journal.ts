/**
 * Journals: what an operation of several steps is about to do and has done, one file each, one JSON line a record,
 * on the disk before the step goes on. A journal that is still there when nobody works on it is what a crash left.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from './errors.ts';
import { fileError } from './system/faults.ts';
import { appendSynced, readBytes, removeFile, writeAtomic } from './system/files.ts';
import { brokenFile } from './system/json.ts';

export interface Journal<T> {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  /** Resolves when the records are on the disk; a crash leaves the first ones or all. */
  append(...records: readonly T[]): Promise<void>;
  /** The operation is over: the journal goes. Without `flush` a power cut may bring it back. */
  close(options?: { readonly flush: boolean }): Promise<void>;
}

export interface LeftJournal {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  /** In the order of writing; a last line that a crash cut short is left out. Check their shape before use. */
  readonly records: readonly unknown[];
}

const SUFFIX = '.jsonl';

/** Begins a journal in `dir` with its first record. `kind` is a word in small letters; the id is made here. */
export async function openJournal<T>(dir: string, kind: string, first: T, id = newJournalId()): Promise<Journal<T>> {
  const path = join(dir, `${kind}-${id}${SUFFIX}`);
  await writeAtomic(path, `${JSON.stringify(first)}\n`);
  return journalAt(path, kind, id);
}

export const newJournalId = (): string => randomBytes(5).toString('hex');

/** Goes on with a journal that was left; what a crash cut short at its end is taken away first. */
export async function continueJournal<T>(left: LeftJournal): Promise<Journal<T>> {
  const bytes = (await readBytes(left.path)) ?? Buffer.alloc(0);
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.length) await truncate(left.path, whole);
  return journalAt(left.path, left.kind, left.id);
}

function journalAt<T>(path: string, kind: string, id: string): Journal<T> {
  return {
    kind,
    id,
    path,
    append: (...records) => appendSynced(path, records.map((record) => JSON.stringify(record)).join('\n')),
    close: async (options) => {
      await removeFile(path, options);
    },
  };
}

/** Names of the journals of one kind; one look into one folder where there are none. */
export const journalNames = async (dir: string, kind: string): Promise<readonly string[]> =>
  (await allNames(dir)).filter((name) => name.startsWith(`${kind}-`)).sort();

/** Of whatever kind, whether somebody works on them or not. */
export const hasJournals = async (dir: string): Promise<boolean> => (await allNames(dir)).length > 0;

/** At once: it is asked for each of thousands of keys, and a way through the thread pool takes longer than the look. */
async function allNames(dir: string): Promise<readonly string[]> {
  try {
    return readdirSync(dir).filter((name) => name.endsWith(SUFFIX));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(error, dir, 'read');
  }
}

/** Throws `bad_config_file` where a line before the last is no JSON: that is no crash's work. */
export async function readJournals(dir: string, kind: string): Promise<readonly LeftJournal[]> {
  const left: LeftJournal[] = [];
  for (const name of await journalNames(dir, kind)) {
    const path = join(dir, name);
    const text = (await readBytes(path))?.toString('utf8');
    if (text === undefined) continue;
    const lines = text.split('\n').slice(0, -1);
    const records = lines.map((line, index) => parseRecord(line, path, index + 1));
    left.push({ kind, id: name.slice(kind.length + 1, -SUFFIX.length), path, records });
  }
  return left;
}

function parseRecord(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw brokenFile(path, `line ${number}: not a record of a journal`);
  }
}
