/** The end of a rotation: the ledger, the old secret, the history, and last of all the journal. */
import type { NewHistoryEntry } from '../ledger.ts';
import { isPastGrace } from './select.ts';
import { survey } from './steps/service.ts';
import { takeBack } from './steps/settle.ts';
import type { RotationResult } from './types.ts';
import { closeJournal, type Ending, thrownAgain, type Work } from './work.ts';

export async function conclude(work: Work, ending: Ending | undefined): Promise<RotationResult> {
  const { rejected } = work.progress;
  if (rejected) {
    await close(work, 'failed');
    return resultOf(work, { state: 'failed', error: thrownAgain(rejected) });
  }
  if (ending) {
    if (ending.state !== 'awaiting-revoke') await close(work, 'done');
    else if (await waitForPerson(work)) await close(work, 'partial');
    else await closeJournal(work);
    return resultOf(work, ending);
  }
  await forgetOld(work);
  await sweepLate(work);
  await close(work, 'done');
  return resultOf(work, { state: 'done', error: work.unseen });
}

/**
 * From now on the old key waits for its person. False where nothing is changed by that: it waited before, or another
 * rotation is asked for in its grace, which goes on.
 */
async function waitForPerson({ context, progress: { planned } }: Work): Promise<boolean> {
  const { profile, name, old, from } = planned;
  const known = await context.ledger.key(profile, name);
  const waits =
    known?.previous?.id === old.id && (known.previous.revokeAt === null || !isPastGrace(known, context.now()));
  if (from === 'promoted' && waits) return false;
  await context.ledger.update(profile, name, (current) =>
    current.previous?.id === old.id ? { ...current, previous: { ...current.previous, revokeAt: null } } : current,
  );
  return true;
}

/** The ledger first: a record that names a secret which is gone would be worse than a secret that nobody names. */
async function forgetOld(work: Work): Promise<void> {
  const { context } = work;
  const { profile, name, old } = work.progress.planned;
  await work.lock.verify();
  const known = await context.ledger.key(profile, name);
  if (known?.previous && known.previous.secret === old.secret) {
    await context.ledger.update(profile, name, (current) => ({ ...current, previous: null }));
  }
  if (old.secret !== null && known?.secret !== old.secret) await context.vault.forget(profile, old.secret);
}

/** A request that was given up may have been carried out since: what carries its mark goes as well. */
async function sweepLate(work: Work): Promise<void> {
  const { abandoned, planned } = work.progress;
  if (abandoned.length === 0 || planned.plan.making !== 'api') return;
  const marks = new Set(abandoned.map((attempt) => attempt.mark));
  const late = await survey(work.connection, planned.old.id, (_key, mark) => mark !== undefined && marks.has(mark));
  await takeBack(work, late?.found ?? []);
}

/** What was begun stands in the history also where it ends another day; a run that got no further adds nothing. */
export async function noteLeft(work: Work): Promise<void> {
  if (work.resumed && !work.advanced) return;
  await work.context.ledger.record(entryOf(work, 'partial'));
}

type Outcome = NonNullable<NewHistoryEntry['outcome']>;

async function close(work: Work, outcome: Outcome): Promise<void> {
  const { ledger } = work.context;
  const { id } = work.journal;
  await work.lock.verify();
  // A crash right behind this line leaves the journal; the entry is not written twice.
  const written = work.resumed && (await ledger.history()).some((entry) => entry.id === id);
  if (!written) await ledger.record({ id, ...entryOf(work, outcome) });
  await closeJournal(work);
}

function entryOf(work: Work, outcome: Outcome): NewHistoryEntry {
  const { planned, provedAt, retired } = work.progress;
  return {
    command: 'rotate',
    ref: work.ref,
    oldId: planned.old.id,
    newId: newIdOf(work),
    provedAt: provedAt ?? null,
    oldRefusedAt: retired?.refusedAt ?? null,
    outcome,
  };
}

/** Null where the new key was given back or never made. */
const newIdOf = ({ progress: { created, rejected }, currentId }: Work): string | null =>
  rejected ? null : (created?.id ?? currentId);

export function resultOf(work: Work, { state, error, revokeAt }: Ending): RotationResult {
  const { planned, provedAt, retired } = work.progress;
  return {
    ref: work.ref,
    oldId: planned.old.id,
    newId: state === 'failed' ? null : newIdOf(work),
    state,
    error: error ?? null,
    revokeAt: revokeAt ?? null,
    provedAt: provedAt ?? null,
    oldRefusedAt: retired?.refusedAt ?? null,
    warnings: work.warnings,
    placements: work.placements,
  };
}
