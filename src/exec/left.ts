/** After a run that was killed: its key is revoked by the next command. */
import type { Context } from '../context.ts';
import { journalNames } from '../journal.ts';
import { EPHEMERAL } from './journal.ts';

/** One look into one folder where nothing was left. Resolves to what there is to say, a line each. */
export async function revokeLeftKeys(context: Context): Promise<readonly string[]> {
  if ((await journalNames(context.paths.journals, EPHEMERAL)).length === 0) return [];
  const { sweepEphemeral } = await import('./sweep.ts');
  return sweepEphemeral(context);
}
