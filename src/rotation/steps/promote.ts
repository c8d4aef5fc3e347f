/** The new secret becomes the current one, the old one previous. */
import type { KeyRecord, PreviousKey } from '../../ledger.ts';
import type { NewKey } from '../records.ts';
import { record, timeNow, type Work } from '../work.ts';
import { recordOrReject } from './meanwhile.ts';
import { placeLate } from './place.ts';

/** Where the key was revoked or changed here meanwhile, the new one is given back instead. */
export async function promote(work: Work): Promise<undefined> {
  const { planned, created, attempt } = work.progress;
  if (!created) throw new Error('a key that was not made cannot become the current one');
  const previous = previousKey(work);
  if (!(await recordOrReject(work))) return undefined;
  await work.lock.verify();
  const current = await work.context.ledger.update(planned.profile, planned.name, (known) =>
    known.secret === attempt.secret ? known : promoted(known, created, { secret: attempt.secret, previous }),
  );
  await placeLate(work, current);
  await record(work, { step: 'promoted', at: timeNow(work), revokeAt: previous?.revokeAt ?? null });
  return undefined;
}

/** Null where the old key is gone already. */
function previousKey({ progress: { planned, retired }, context }: Work): PreviousKey | null {
  if (retired) return null;
  const { old, plan } = planned;
  const revokeAt = new Date(context.now() + plan.grace).toISOString();
  const lapses = plan.retiring === 'service' ? { lapses: true } : {};
  return { id: old.id, label: old.label, secret: old.secret, revokeAt, ...lapses };
}

function promoted(
  current: KeyRecord,
  created: NewKey,
  { secret, previous }: Pick<KeyRecord, 'secret' | 'previous'>,
): KeyRecord {
  const { id, label, prefix, scopes, createdAt, expiresAt, metadata, allowedIps } = created;
  const facts = { id, label, prefix, scopes, createdAt, expiresAt, metadata, allowedIps };
  return { ...current, ...facts, lastUsedAt: null, status: 'active', secret, previous };
}
