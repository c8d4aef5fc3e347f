import { UserError } from '../errors.ts';
import type { OAuth } from './oauth.ts';
import { sessionOAuth } from './renew.ts';
import type { Revocation, Session, SessionPorts } from './types.ts';

/**
 * Ends a login at its server (RFC 7009): the refresh token first, which takes the access tokens along (§2.1), then the
 * access token. A server that cannot is a value, because the session is forgotten here all the same.
 */
export async function revokeSession(session: Session, ports: SessionPorts): Promise<Revocation> {
  const oauth = await sessionOAuth(session, ports);
  if (!oauth) return { revoked: false, reason: 'the service has no way to end this kind of login' };
  if (!session.revocationEndpoint) return { revoked: false, reason: `${session.issuer} has no revocation endpoint` };
  const first = session.refreshToken && (await tryRevoke(oauth, session.refreshToken, 'refresh_token'));
  const second = await tryRevoke(oauth, session.accessToken, 'access_token');
  const failed = first ?? (session.refreshToken ? undefined : second);
  return failed === undefined ? { revoked: true } : { revoked: false, reason: failed };
}

/** Why it failed, or undefined. §2.2: an unknown token is answered with 200. */
async function tryRevoke(
  oauth: OAuth,
  token: Session['accessToken'],
  hint: 'refresh_token' | 'access_token',
): Promise<string | undefined> {
  try {
    await oauth.revoke(token, hint);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message.replace(/\.$/, '');
  }
}
