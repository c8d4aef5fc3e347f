import type { Session } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES, UserError } from '../errors.ts';

/**
 * The login before this one, for what it tells of its client and scopes. Undefined too where its store is gone or locked:
 * a new login, into a store that works, is the way out of that.
 */
export async function earlierSession(
  { vault }: { vault: Pick<Context['vault'], 'session'> },
  profile: string,
): Promise<Session | undefined> {
  try {
    return await vault.session(profile);
  } catch (error) {
    if (error instanceof UserError && error.exitCode === EXIT_CODES.store_unavailable) return undefined;
    throw error;
  }
}
