import { UserError } from '../errors.ts';
import { type OAuth, openOAuth, type Tokens } from './oauth.ts';
import type { Session, SessionPorts } from './types.ts';

/** True where `renewSession` can do without a person. */
export function isRenewable(session: Session): boolean {
  if (!session.tokenEndpoint || !session.clientId) return false;
  return session.refreshToken !== undefined || isMachine(session);
}

const isMachine = (session: Session) => session.method === 'client-credentials' && session.clientSecret !== undefined;

/**
 * New tokens for a session: by its refresh token, or again by client credentials. Throws `not_logged_in` where the
 * server has ended the login (`invalid_grant`), and `unreachable`, `server_error` and the like, which end nothing.
 * A refresh token may be used once only, so the caller holds the session's lock and stores the answer.
 */
export async function renewSession(session: Session, ports: SessionPorts): Promise<Session> {
  const { refreshToken, resource } = session;
  const oauth = await sessionOAuth(session, ports);
  if (oauth && refreshToken) return renewed(session, await oauth.refresh(refreshToken, { resource }), ports);
  if (oauth && isMachine(session)) {
    const { scope, audience } = session;
    const tokens = await oauth.clientCredentials({ scope, resource, audience });
    return renewed(session, { ...tokens, refreshToken: undefined }, ports);
  }
  throw new UserError('not_logged_in', 'The login has ended and cannot be renewed.', { hint: 'mcpkey login' });
}

/** The grants of the session's own client; undefined where the session is none of OAuth's. */
export async function sessionOAuth(session: Session, ports: SessionPorts): Promise<OAuth | undefined> {
  const { issuer, clientId, tokenEndpoint, revocationEndpoint } = session;
  if (issuer === undefined || clientId === undefined) return undefined;
  const server = {
    issuer,
    ...(tokenEndpoint === undefined ? {} : { token_endpoint: tokenEndpoint }),
    ...(revocationEndpoint === undefined ? {} : { revocation_endpoint: revocationEndpoint }),
  };
  return openOAuth(server, { id: clientId, secret: session.clientSecret, auth: session.clientAuth ?? 'none' }, ports);
}

function renewed(session: Session, tokens: Tokens, ports: SessionPorts): Session {
  const { expiresIn } = tokens;
  return {
    ...session,
    accessToken: tokens.accessToken,
    // RFC 6749 §6: without a new one, the old one stays good.
    refreshToken: tokens.refreshToken ?? session.refreshToken,
    expiresAt: expiresIn === undefined ? undefined : new Date(ports.now() + expiresIn * 1000).toISOString(),
    scope: tokens.scope ?? session.scope,
    clientAuth: tokens.clientAuth,
  };
}
