/** Journals of rotations: one file each, on the disk before the step goes on. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import {
  continueJournal,
  type Journal,
  journalNames,
  type LeftJournal,
  openJournal,
  readJournals,
} from '../journal.ts';
import { refOf } from '../keys/refs.ts';
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

/** Journals in a folder of this machine. */
export function fileJournals(dir: string): RotationJournals {
  return {
    begin: (first) => openJournal<RotationRecord>(dir, kindOf(first), first),
    left: (key) => readLeft(dir, key ? kindOf(key) : ROTATION),
    async reopen({ id, source }) {
      const journal: Journal<RotationRecord> = await continueJournal(source);
      return { ...journal, id };
    },
  };
}

async function readLeft(dir: string, kind: string): Promise<readonly LeftRotation[]> {
  if ((await journalNames(dir, kind)).length === 0) return [];
  const { readRecords } = await import('./schema.ts');
  const left: LeftRotation[] = [];
  for (const source of await readJournals(dir, kind)) {
    const records = readRecords(source);
    const [first] = records;
    const id = source.id.split('-').at(-1) ?? source.id;
    if (first?.step === 'planned') left.push({ id, progress: foldRecords(records), source });
  }
  return left;
}

/** What a journal's records amount to. The first one is the plan. */
export function foldRecords(records: readonly RotationRecord[]): Progress {
  const [first, ...rest] = records;
  if (first?.step !== 'planned') throw new Error('a journal of a rotation begins with its plan');
  return rest.reduce(advance, openProgress(first));
}

/** Longer than a lock may be silent, in ms. */
const SILENT = 20_000;

/** How many rotations wait that nobody works on; cheap where there is none. */
export async function countAbandoned({ paths, now }: Pick<Context, 'paths' | 'now'>): Promise<number> {
  let count = 0;
  for (const left of await readLeft(paths.journals, ROTATION)) {
    if (await isAbandoned(left, now())) count += 1;
  }
  return count;
}

/** Of a process of another host or boot nothing is known but when it last wrote. */
async function isAbandoned({ progress: { worker }, source }: LeftRotation, now: number): Promise<boolean> {
  const { host, boot } = await ownIdentity();
  if (worker.host === host && worker.boot === boot) return isGone(worker);
  const { mtimeMs } = await stat(source.path).catch(() => ({ mtimeMs: now }));
  return now - mtimeMs > SILENT;
}
