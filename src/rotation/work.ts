/** One rotation at work: its journal, how far it is, and what the steps share. */
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readUnlessDamaged } from '../keys/damaged.ts';
import type { KeyTerms } from '../keys/options.ts';
import type { KeyRecord } from '../ledger.ts';
import type { PlacementChange } from '../placement/types.ts';
import type { Secret } from '../secret.ts';
import type { HeldLock } from '../system/types.ts';
import type { RotationJournal } from './journal.ts';
import { advance, nextStep, type Progress, type RotationRecord } from './records.ts';
import type { KeptError, RotationPorts, RotationState } from './types.ts';

/** A step's word that the rotation ends here, for now or for good. */
export interface Ending {
  readonly state: RotationState;
  readonly error?: UserError | undefined;
  readonly revokeAt?: string | null | undefined;
}

export interface Work {
  readonly ports: RotationPorts;
  readonly context: Context;
  readonly connection: Connection;
  readonly journal: RotationJournal;
  readonly lock: HeldLock;
  /** Begun by another process, which is gone. */
  readonly resumed: boolean;
  /** What came of the attempt to make a key is not known: a request was sent, and no answer told. */
  unsettled: boolean;
  /** The old key may be gone, and that is not written down. */
  gone?: boolean;
  readonly ref: string;
  /** The current key's id where this is the end of an earlier rotation, else null. */
  readonly currentId: string | null;
  progress: Progress;
  /** Done, and not written down yet. */
  noted: readonly RotationRecord[];
  /** The old key's terms, once they were read. */
  terms?: Omit<KeyTerms, 'rounded'>;
  /** Undefined until the new key is made, and after a crash until it is read from the store. */
  fresh: Secret | undefined;
  /** The old key's secret, once it was read; null where it is damaged. */
  former?: Secret | null | undefined;
  /** A step was done in this run. */
  advanced?: boolean;
  /** A person gave the new key in this run. */
  given?: boolean;
  readonly warnings: string[];
  placements: readonly PlacementChange[];
  /** That the old key is gone was said and cannot be seen. */
  unseen?: UserError;
}

/**
 * Writes records, with those that were noted before them; when it resolves, they are on the disk. Throws `conflict` where
 * the lock was lost.
 */
export async function record(work: Work, ...next: readonly RotationRecord[]): Promise<void> {
  await work.lock.verify();
  await work.journal.append(...work.noted, ...next);
  work.noted = [];
  advanceBy(work, next);
}

/** A record that may wait for the next one: what lies between only looks, and a resumed rotation finds it out again. */
export function note(work: Work, next: RotationRecord): void {
  work.noted = [...work.noted, next];
  advanceBy(work, [next]);
}

function advanceBy(work: Work, records: readonly RotationRecord[]): void {
  work.progress = records.reduce(advance, work.progress);
  work.advanced ||= records.some(({ step }) => step !== 'resumed');
}

/** The journal goes. Throws `conflict` where the lock was lost: then it is another's to end. */
export async function closeJournal(work: Work): Promise<void> {
  await work.lock.verify();
  // One that a power cut brings back and that says that all is done does no harm.
  await work.journal.close({ flush: nextStep(work.progress) !== undefined });
}

/** RFC 3339 UTC. */
export const timeNow = (work: Pick<Work, 'context'>): string => new Date(work.context.now()).toISOString();

/** The old key's secret, where it is kept here and whole. Throws the store's own fault. */
export async function readOld(work: Work): Promise<Secret | undefined> {
  const { profile, old } = work.progress.planned;
  if (old.secret === null || work.former !== undefined) return work.former ?? undefined;
  const found = await readUnlessDamaged(work.context, profile, old.secret);
  if (!(found instanceof UserError)) {
    work.former = found;
    return found;
  }
  work.former = null;
  work.warnings.push(`The old secret cannot be read, so whether it is refused is not seen: ${found.message}`);
  return undefined;
}

/** The new key's secret. Throws `not_found` where the store has lost it. */
export async function readFresh(work: Work): Promise<Secret> {
  const { profile } = work.progress.planned;
  work.fresh ??= await work.context.vault.read(profile, work.progress.attempt.secret);
  if (work.fresh) return work.fresh;
  throw new UserError('not_found', `The new secret of ${work.ref} is gone from its store.`, {
    hint: 'mcpkey store status',
  });
}

/** The key's record in the ledger. Throws `not_found` where it was taken away meanwhile. */
export async function currentRecord(work: Work): Promise<KeyRecord> {
  const { profile, name } = work.progress.planned;
  const found = await work.context.ledger.key(profile, name);
  if (found) return found;
  throw new UserError('not_found', `${work.ref} is no longer known here.`, { hint: 'mcpkey list' });
}

export const keptError = (error: UserError): KeptError => ({
  code: error.code,
  message: error.message,
  hint: error.hint ?? null,
  provider: error.provider ?? null,
  status: error.status ?? null,
});

export const thrownAgain = ({ code, message, hint, provider, status }: KeptError): UserError =>
  new UserError(code, message, {
    hint: hint ?? undefined,
    provider: provider ?? undefined,
    status: status ?? undefined,
  });
