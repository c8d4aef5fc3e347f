/** What others left, as a run finds it: keys of runs that were killed, and what is to be resumed. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { hasJournals, journalNames } from '../journal.ts';
import { EPHEMERAL } from './journal.ts';

/** Revokes them. One look into one folder where nothing was left. Resolves to what there is to say, a line each. */
export async function revokeLeftKeys(context: Context): Promise<readonly string[]> {
  if ((await journalNames(context.paths.journals, EPHEMERAL)).length === 0) return [];
  const { sweepEphemeral } = await import('./sweep.ts');
  return sweepEphemeral(context);
}

/** One line, or nothing. A journal that cannot be read is told by other commands: the program is run all the same. */
export async function leftToResume(context: Context): Promise<string | undefined> {
  if (!(await hasJournals(context.paths.journals))) return undefined;
  const { rotationReminder } = await import('../rotation/remind.ts');
  return rotationReminder(context).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
}
