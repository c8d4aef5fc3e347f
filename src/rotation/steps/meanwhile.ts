/** What became of the key here while it was rotated. */
import { UserError } from '../../errors.ts';
import type { KeyRecord } from '../../ledger.ts';
import { keptError, record, timeNow, type Work } from '../work.ts';

/**
 * The key's record, to go on with. Undefined where the key was revoked, forgotten or changed here meanwhile: then it is
 * written down that the new one is given back.
 */
export async function recordOrReject(work: Work): Promise<KeyRecord | undefined> {
  const { planned, attempt, retired } = work.progress;
  const known = await work.context.ledger.key(planned.profile, planned.name);
  const isOurs = known?.secret === planned.old.secret || known?.secret === attempt.secret;
  // Where this rotation revoked it first, its secret is here still; who revokes a key lets go of that.
  if (known && isOurs && (known.status !== 'revoked' || retired)) return known;
  await record(work, { step: 'rejected', at: timeNow(work), error: keptError(changedMeanwhile(work)) });
  return undefined;
}

const changedMeanwhile = ({ ref }: Work) =>
  new UserError('conflict', `${ref} was revoked or changed here while it was rotated; the new key was given back.`, {
    hint: 'mcpkey list --local',
  });
