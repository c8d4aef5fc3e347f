/** Gives a new key back that is not taken; the old one stays as it was. */

import { record, timeNow, type Work } from '../work.ts';
import { revokeUnused } from './service.ts';
import { writeDown } from './settle.ts';

/** Throws where the new key may still be there; `mcpkey rotate --resume` tries again. */
export async function undo(work: Work): Promise<undefined> {
  const { created, planned, attempt } = work.progress;
  const { provider } = work.connection;
  const { revoke } = provider.operations;
  if (created && planned.plan.making !== 'hand') {
    if (revoke.mode === 'api') await revokeUnused(work.connection, { ...created, name: planned.name });
    else await writeDown(work, created);
  }
  if (created && planned.plan.making === 'hand' && revoke.mode === 'assisted') {
    const steps = revoke.guide({ id: created.id, label: created.label, name: planned.name });
    await work.ports.revoking.show(`The new key was not taken. Revoke it at ${provider.title}`, steps);
  }
  await work.context.vault.forget(planned.profile, attempt.secret);
  await record(work, { step: 'undone', at: timeNow(work) });
  return undefined;
}
