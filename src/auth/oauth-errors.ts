import type * as OpenidClient from 'openid-client';
import { Cancelled, UserError } from '../errors.ts';
import type { AuthServer } from './discovery.ts';
import { overloaded, serverWords } from './server-words.ts';
import { networkError } from './transport.ts';

type Library = typeof OpenidClient;

/** What OAuth's error codes (RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8707 §2) mean to a person. */
const MEANINGS: Readonly<
  Record<string, readonly [code: 'not_logged_in' | 'usage' | 'unsupported' | 'refused', message: string, hint?: string]>
> = {
  access_denied: ['not_logged_in', 'The login was refused.'],
  expired_token: ['not_logged_in', 'The code ended before anyone approved it.', 'Run the command again.'],
  invalid_grant: ['not_logged_in', 'The login has ended or was used elsewhere.', 'mcpkey login'],
  invalid_client: [
    'not_logged_in',
    'The client id or its secret was refused.',
    'Check --client-id and MCPKEY_CLIENT_SECRET.',
  ],
  unauthorized_client: [
    'unsupported',
    'This client may not log in this way.',
    'Choose another way, or another --client-id.',
  ],
  unsupported_grant_type: [
    'unsupported',
    'The server has no such way to log in.',
    'Choose another way: mcpkey help login',
  ],
  invalid_scope: ['usage', 'The server refused the scope.', 'Check --scope.'],
  invalid_target: ['refused', 'The server gives no tokens for this MCP endpoint.', 'Check --mcp-url and --audience.'],
};

const READ_IT = 'Its words are its own; --verbose shows the exchange.';

/** The `error` of a token endpoint's answer; a 401 with a challenge is a refused client (RFC 6749 §5.2). */
export function tokenErrorCode(library: Library, error: unknown): string | undefined {
  if (error instanceof library.ResponseBodyError) return error.error;
  if (error instanceof library.WWWAuthenticateChallengeError && error.status === 401) return 'invalid_client';
  return undefined;
}

/** The answer that an error of the library was made from. */
export function answerOf(library: Library, error: unknown): Response | undefined {
  if (error instanceof library.ResponseBodyError) return error.response;
  if (error instanceof library.WWWAuthenticateChallengeError) return error.response;
  return error instanceof library.ClientError && error.cause instanceof Response ? error.cause : undefined;
}

/** Any failure of a grant as `not_logged_in`, `usage`, `unsupported`, `refused`, `rate_limited`, `server_error`, `bad_response`, `unreachable` or `Cancelled`. */
export function oauthError(
  error: unknown,
  about: { library: Library; server: AuthServer; ports: { signal: AbortSignal; now: () => number } },
): unknown {
  const { library, server, ports } = about;
  if (ports.signal.aborted) return new Cancelled();
  if (error instanceof library.AuthorizationResponseError) return meaning(error.error, error.error_description, error);
  const answer = answerOf(library, error);
  if (answer && (answer.status === 429 || answer.status >= 500)) return overloaded(answer, server.issuer, ports.now());
  const code = tokenErrorCode(library, error);
  if (code)
    return meaning(code, error instanceof library.ResponseBodyError ? error.error_description : undefined, error);
  if (error instanceof library.ClientError) return clientFault(error, about);
  return networkError(error, ports.signal, server.issuer);
}

function meaning(code: string, description: string | undefined, cause: unknown): UserError {
  const [kind, message, hint] = MEANINGS[code] ?? ['refused', `The server refused: ${serverWords(code)}.`, READ_IT];
  return new UserError(kind, description ? `${message} It says: ${serverWords(description)}` : message, {
    hint,
    cause,
  });
}

function clientFault(
  error: OpenidClient.ClientError,
  { server, ports }: { server: AuthServer; ports: { signal: AbortSignal } },
): unknown {
  const { cause } = error;
  if (error.code === 'OAUTH_TIMEOUT') return networkError(cause, ports.signal, server.issuer);
  if (cause instanceof UserError || cause instanceof Cancelled || cause instanceof TypeError) {
    return networkError(cause, ports.signal, server.issuer);
  }
  const detail =
    cause instanceof Response ? `HTTP ${cause.status}` : cause instanceof Error ? cause.message : error.message;
  return new UserError('bad_response', `${server.issuer} answered in a way that OAuth does not allow: ${detail}.`, {
    hint: 'Is that the login server, and not a web page in front of it? Check --issuer, --url and --mcp-url.',
    cause: error,
  });
}
