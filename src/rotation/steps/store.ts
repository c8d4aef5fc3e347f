/** Stores the new secret beside the old one. After a crash, finds out whether it was stored. */
import { note, timeNow, type Work } from '../work.ts';
import { replaceMade } from './anew.ts';

/** Throws `store_unavailable` and `store_locked`; then the secret is in no store. */
export async function store(work: Work): Promise<undefined> {
  const { profile } = work.progress.planned;
  const { secret } = work.progress.attempt;
  if (work.fresh === undefined) {
    work.fresh = await work.context.vault.read(profile, secret);
    const { created } = work.progress;
    // The secret was lost with the process that had it.
    if (work.fresh === undefined && created) {
      await replaceMade(work, created);
      return undefined;
    }
  } else {
    await work.context.vault.keep(profile, work.fresh, secret);
  }
  note(work, { step: 'stored', at: timeNow(work) });
  return undefined;
}
