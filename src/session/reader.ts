import type { Session } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

type Reader = (profile: string, usable: (session: Session) => boolean) => Promise<Session | undefined>;

/**
 * Reads sessions from the vault, and goes on with the one it read before where the store breaks or is gone meanwhile:
 * a command must be able to take back what it has begun.
 */
export function createSessionReader(context: Pick<Context, 'vault' | 'io'>): Reader {
  const known = new Map<string, Session>();
  return async (profile, usable) => {
    const before = known.get(profile);
    const fallback = before && usable(before) ? before : undefined;
    try {
      const session = await context.vault.session(profile);
      if (session) known.set(profile, session);
      return session ?? fallback;
    } catch (error) {
      if (!(error instanceof UserError) || !fallback) throw error;
      context.io.debug(`${profile}: the login cannot be read again, going on with the one in use: ${error.message}`);
      return fallback;
    }
  };
}
