import type { Session } from '../auth/types.ts';
import { UserError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';

const METHODS: readonly Session['method'][] = [
  ...(['device', 'web', 'client-credentials', 'password', 'token', 'github-oidc'] as const),
];
const CLIENT_AUTH = ['none', 'client_secret_basic', 'client_secret_post'] as const;

/** A session as the one JSON text that the store keeps. */
export function writeSession(session: Session): string {
  const { accessToken, refreshToken, clientSecret, ...rest } = session;
  return JSON.stringify({
    ...rest,
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
    clientSecret: clientSecret?.reveal(),
  });
}

/** Checked by hand: this is on the way of every command that uses a login. Throws `invalid_token`. */
export function readSession(text: string): Session {
  const fields = parse(text);
  const of = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const hidden = (name: string): Secret | undefined => {
    const value = of(name);
    return value === undefined ? undefined : secret(value);
  };
  const method = METHODS.find((each) => each === fields.method);
  const accessToken = hidden('accessToken');
  if (!method || !accessToken) throw unreadable();
  return {
    method,
    accessToken,
    refreshToken: hidden('refreshToken'),
    expiresAt: of('expiresAt'),
    scope: of('scope'),
    account: of('account'),
    issuer: of('issuer'),
    clientId: of('clientId'),
    clientSecret: hidden('clientSecret'),
    resource: of('resource'),
    audience: of('audience'),
    tokenEndpoint: of('tokenEndpoint'),
    revocationEndpoint: of('revocationEndpoint'),
    clientAuth: CLIENT_AUTH.find((each) => each === fields.clientAuth),
    // A field that is added to a session must be read here as well.
  } satisfies Record<keyof Session, unknown>;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable();
    throw error;
  }
}

function unreadable(): UserError {
  return new UserError('invalid_token', 'What is stored of this login cannot be read.', { hint: 'mcpkey login' });
}
