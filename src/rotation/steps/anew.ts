/** Another attempt at making the key, once it is known what the one before made. */
import { UserError } from '../../errors.ts';
import { newMark } from '../../keys/mark.ts';
import { newSecretRecord } from '../../vault.ts';
import type { Attempt, NewKey } from '../records.ts';
import { record, timeNow, type Work } from '../work.ts';
import { revokeUnused } from './service.ts';
import { findMade, takeBack, writeDown } from './settle.ts';

/** Finds out what the attempt made, takes that back, and begins another one under another mark. */
export async function beginAnew(work: Work): Promise<void> {
  work.ports.progress(work.ref, 'an answer never came: looking for what it made');
  const { making } = work.progress.planned.plan;
  await tryAnother(work, making === 'native' ? await settleNative(work) : await settleMarked(work));
}

/** Another attempt, under another mark and for another record of the vault. `base`: what a service rotates from. */
export async function tryAnother(work: Work, base: Attempt['base']): Promise<void> {
  const { attempt, planned } = work.progress;
  await work.context.vault.forget(planned.profile, attempt.secret);
  const from = base && { base: { id: base.id, label: base.label } };
  const next: Attempt = { mark: newMark(), secret: newSecretRecord(), ...from };
  await record(work, { step: 'again', at: timeNow(work), ...next });
  work.fresh = undefined;
  work.unsettled = false;
}

/** A key whose secret nobody has, or that does not work, gives way to another one. */
export async function replaceMade(work: Work, made: NewKey): Promise<void> {
  const { connection } = work;
  const { plan, name } = work.progress.planned;
  if (plan.making === 'native') return tryAnother(work, plan.id === 'new' ? made : undefined);
  if (plan.making === 'api') {
    if (connection.provider.operations.revoke.mode === 'api') await revokeUnused(connection, { ...made, name });
    else await writeDown(work, made);
  }
  await tryAnother(work, undefined);
}

async function settleMarked(work: Work): Promise<undefined> {
  const { attempt, begun } = work.progress;
  const found = await findMade(work, { attempt, begun: Date.parse(begun) }).catch((error: unknown) =>
    goOnUntold(work, error),
  );
  await takeBack(work, found?.found ?? []);
  return undefined;
}

/** Where the service shows nothing to find it by, the person is told what to look at; a resumed rotation goes on. */
function goOnUntold(work: Work, error: unknown): undefined {
  if (!(error instanceof UserError) || error.code !== 'unsupported') throw error;
  if (!work.resumed) {
    work.unsettled = false;
    throw error;
  }
  work.warnings.push([error.message, error.hint].filter((part) => part !== undefined).join(' '));
  return undefined;
}

/** Resolves to the key to rotate from: the successor that was made and whose secret nobody has, or the old one. */
async function settleNative(work: Work): Promise<Attempt['base']> {
  const { attempt, begun, planned } = work.progress;
  // The same id is rolled once more, whatever came of the first time.
  if (planned.plan.id === 'same') return undefined;
  const seen = await findMade(work, { attempt, begun: Date.parse(begun) });
  const [successor, ...others] = seen.found;
  await takeBack(work, others);
  if (successor) return { id: successor.id, label: successor.label };
  if (seen.old?.status === 'active' || seen.old?.status === 'unknown') return attempt.base;
  throw new UserError(
    'bad_response',
    `${work.connection.provider.title} lists neither the old key of ${work.ref} as active nor a new one.`,
    { provider: work.connection.provider.id, hint: 'Look at the keys there, then: mcpkey rotate --resume' },
  );
}
