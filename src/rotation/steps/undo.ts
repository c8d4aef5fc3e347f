/** Gives a new key back that is not taken; the old one stays as it was. */

import { isRefusal } from '../../keys/check.ts';
import type { KeptError } from '../types.ts';
import { record, timeNow, type Work } from '../work.ts';
import { revokeUnused } from './service.ts';
import { writeDown } from './settle.ts';

/** The service refused it: there is nothing to revoke. */
const isDead = (rejected: KeptError | undefined): boolean => rejected !== undefined && isRefusal(rejected);

/** Throws where the new key may still be there; `mcpkey rotate --resume` tries again. */
export async function undo(work: Work): Promise<undefined> {
  const { created, planned, attempt, rejected } = work.progress;
  const { provider } = work.connection;
  const { revoke } = provider.operations;
  if (created && planned.plan.making !== 'hand') {
    if (revoke.mode === 'api') await revokeUnused(work.connection, { ...created, name: planned.name });
    else await writeDown(work, created);
  }
  if (created && planned.plan.making === 'hand' && revoke.mode === 'assisted' && !isDead(rejected)) {
    // In the dashboard both have one name, and the old one is in use.
    const name = created.prefix === null ? `the new "${planned.name}"` : `${created.prefix}…`;
    const title = `The new key was not taken. Revoke ${name} at ${provider.title}; the old key of ${work.ref} stays`;
    await work.ports.revoking.show(title, revoke.guide({ id: created.id, label: name, name }));
  }
  await work.context.vault.forget(planned.profile, attempt.secret);
  await record(work, { step: 'undone', at: timeNow(work) });
  return undefined;
}
