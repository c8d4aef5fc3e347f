import type { Session } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { sessionPorts } from './ports.ts';

export interface LogoutResult {
  /** False where nobody was logged in. */
  readonly ended: boolean;
  /** True where the server ended it too. */
  readonly revoked: boolean;
  /** Why the server did not, in one line. */
  readonly reason?: string | undefined;
}

type Needs = Pick<Context, 'vault' | 'locks' | 'ledger' | 'fetch' | 'now' | 'signal' | 'sleep' | 'options'>;

/** Revokes a profile's tokens at the server where it can (RFC 7009), and forgets them whatever the server says. */
export async function logOut(context: Needs, profile: Profile): Promise<LogoutResult> {
  return context.locks.with(`session-${profile.name}`, async (lock) => {
    const session = await context.vault.session(profile.name);
    if (!session) return { ended: false, revoked: false };
    const { revoked, reason } = await revoke(context, profile, session);
    await lock.verify();
    await context.vault.forgetSession(profile.name);
    await context.ledger.record({ command: 'logout', ref: `${profile.name}/@login` });
    return { ended: true, revoked, reason };
  });
}

async function revoke(context: Needs, profile: Profile, session: Session) {
  const { revokeSession } = await import('../auth/revoke.ts');
  try {
    return await revokeSession(session, sessionPorts(context, profile));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { revoked: false, reason: error.message };
  }
}
