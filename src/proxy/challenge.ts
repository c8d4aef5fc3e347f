/** What a 403 asks for beyond the credential (RFC 6750, section 3.1: `insufficient_scope` with `scope`). */
import { UserError } from '../errors.ts';

/** The same error with the scopes that the server names, as a login to run; unchanged where it names none. */
export function withNeededScope(error: UserError, headers: Headers): UserError {
  if (error.code !== 'insufficient_scope') return error;
  const [, scope = ''] = /\bscope="([^"]*)"/i.exec(headers.get('www-authenticate') ?? '') ?? [];
  // RFC 6749, section 3.3: scope-token. What is none is not put into a command line.
  const scopes = scope.split(' ').filter((each) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(each));
  if (scopes.length === 0) return error;
  const { message, provider, status, retryAfter, cause } = error;
  const hint = `The server asks for more: mcpkey login ${scopes.map((each) => `--scope ${each}`).join(' ')}`;
  return new UserError(error.code, message, { hint, provider, status, retryAfter, cause });
}
