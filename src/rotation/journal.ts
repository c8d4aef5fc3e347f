/** Journals of rotations: one file each, on the disk before the step goes on. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { continueJournal, type Journal, journalNames, type LeftJournal, openJournal } from '../journal.ts';
import { refOf } from '../keys/refs.ts';
import { readText } from '../system/files.ts';
import { isGone, ownIdentity } from '../system/process.ts';
import { advance, openProgress, type Progress, type RotationRecord } from './records.ts';
import type { KeyName, RotationJournals } from './types.ts';

/** Kind of these journals; the key's own follows, so that one key's journal is found by its name. */
export const ROTATION = 'rotation';

export const kindOf = (key: KeyName): string =>
  `${ROTATION}-${createHash('sha256').update(refOf(key)).digest('hex').slice(0, 16)}`;

export interface RotationJournal {
  readonly id: string;
  /** Together on the disk, in this order; a crash leaves the first ones or all. */
  append(...records: readonly RotationRecord[]): Promise<void>;
  close(options?: { readonly flush: boolean }): Promise<void>;
}

export interface LeftRotation {
  readonly id: string;
  readonly progress: Progress;
  readonly source: LeftJournal;
}

/** A journal as it is found; both are undefined where nothing was written yet. */
export interface FoundJournal {
  /** As far as it can be read: a damaged one too tells of which key it is, if its plan is whole. */
  readonly left: LeftRotation | undefined;
  /** Why nothing may be done by it. */
  readonly fault: UserError | undefined;
}

/** Journals in one place. */
export interface JournalPlace extends RotationJournals {
  /** Of one key or of all; a damaged one takes none of the others away. */
  found(key?: KeyName): Promise<readonly FoundJournal[]>;
}

/** Throws the fault of the one key that is asked for; among all, whoever goes on with a key asks for that one. */
export function leftAmong(found: readonly FoundJournal[], key: KeyName | undefined): readonly LeftRotation[] {
  const fault = key && found.find((one) => one.fault)?.fault;
  if (fault) throw fault;
  return found.flatMap(({ left }) => left ?? []);
}

/** Journals in a folder of this machine. */
export function fileJournals(dir: string): JournalPlace {
  const found = (key?: KeyName) => findFiles(dir, key ? kindOf(key) : ROTATION);
  return {
    found,
    begin: (first) => openJournal<RotationRecord>(dir, kindOf(first), first),
    left: async (key) => leftAmong(await found(key), key),
    async reopen({ id, source }) {
      const journal: Journal<RotationRecord> = await continueJournal(source);
      return { ...journal, id };
    },
  };
}

async function findFiles(dir: string, kind: string): Promise<readonly FoundJournal[]> {
  const found: FoundJournal[] = [];
  for (const name of await journalNames(dir, kind)) {
    found.push(await readFile(join(dir, name)).catch(faulty));
  }
  return found;
}

async function readFile(path: string): Promise<FoundJournal> {
  // What a crash cut short at the end is no line; a journal may also have ended meanwhile.
  const lines = ((await readText(path)) ?? '').split('\n').slice(0, -1);
  const id = basename(path, '.jsonl').split('-').at(-1) ?? path;
  const source = { kind: ROTATION, id, path, records: lines.map(parseLine) };
  const { readRecords } = await import('./schema.ts');
  const { records, fault } = readRecords(source);
  const left = records[0]?.step === 'planned' ? { id, progress: foldRecords(records), source } : undefined;
  return { left, fault };
}

function faulty(error: unknown): FoundJournal {
  if (error instanceof UserError) return { left: undefined, fault: error };
  throw error;
}

/** What is no JSON is no record, which is told where the records are checked. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a journal's records amount to. The first one is the plan. */
export function foldRecords(records: readonly RotationRecord[]): Progress {
  const [first, ...rest] = records;
  if (first?.step !== 'planned') throw new Error('a journal of a rotation begins with its plan');
  return rest.reduce(advance, openProgress(first));
}

/** Longer than a lock may be silent, in ms. */
const SILENT = 20_000;

export interface Abandoned {
  readonly rotations: number;
  /** Journals that cannot be read. */
  readonly damaged: number;
}

/** What waits that nobody works on; cheap where there is nothing. */
export const countAbandoned = async ({ paths, now }: Pick<Context, 'paths' | 'now'>): Promise<Abandoned> =>
  count(await fileJournals(paths.journals).found(), (left) => isAbandoned(left, now()));

export async function count(
  found: readonly FoundJournal[],
  isLeft: (left: LeftRotation) => Promise<boolean>,
): Promise<Abandoned> {
  let [rotations, damaged] = [0, 0];
  for (const { left, fault } of found) {
    if (left && !(await isLeft(left))) continue;
    if (fault) damaged += 1;
    else if (left) rotations += 1;
  }
  return { rotations, damaged };
}

/** Of a process of another host or boot nothing is known but when it last wrote. */
async function isAbandoned({ progress: { worker }, source }: LeftRotation, now: number): Promise<boolean> {
  const { host, boot } = await ownIdentity();
  if (worker.host === host && worker.boot === boot) return isGone(worker);
  const { mtimeMs } = await stat(source.path).catch(() => ({ mtimeMs: now }));
  return now - mtimeMs > SILENT;
}
