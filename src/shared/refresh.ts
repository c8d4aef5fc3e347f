/** What a command with the network learns from the shared store before it begins. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { takeProfiles } from './profiles.ts';

type Parts = Pick<Context, 'shared' | 'profiles' | 'io'>;

/** Takes new profiles. A store that is not there is told by whatever needs it. */
export async function refreshShared(context: Parts): Promise<void> {
  const shared = await context.shared();
  if (!shared) return;
  try {
    const taken = await takeProfiles(shared.space, context.profiles);
    for (const name of taken) context.io.debug(`the profile ${name} is new here; it comes from the shared store`);
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== 7) throw error;
    context.io.debug(`the shared store could not be asked: ${error.message}`);
  }
}
