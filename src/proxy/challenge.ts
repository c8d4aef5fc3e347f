/** What a 403 asks for beyond the credential (RFC 6750, section 3.1: `insufficient_scope` with `scope`). */
import { retell, type UserError } from '../errors.ts';

/** As hints write scopes that are not known. */
const ANY = '--scope SCOPE';

/** The same error with the scopes that the server names, in the command to run; unchanged where it names none. */
export function withNeededScope(error: UserError, headers: Headers): UserError {
  if (error.code !== 'insufficient_scope') return error;
  const [, scope = ''] = /\bscope="([^"]*)"/i.exec(headers.get('www-authenticate') ?? '') ?? [];
  // The hint is a command that people copy: nothing that a shell would act on gets into it.
  const scopes = scope.split(' ').filter((each) => /^[\w:./@+-]+$/.test(each));
  if (scopes.length === 0) return error;
  return retell(error, { hint: hintWith(scopes, error.hint ?? '') });
}

/** Where it is known whether a login or a key must be another one, that command gets the scopes, if it can take any. */
function hintWith(scopes: readonly string[], hint: string): string {
  const options = scopes.map((each) => `--scope ${each}`).join(' ');
  if (hint.includes(ANY)) return hint.replace(ANY, options);
  // Whoever knows the profile fills it in.
  if (hint === '') return `The server asks for more: mcpkey login PROFILE ${options}`;
  return `The server asks for more (${scopes.join(' ')}). ${hint}`;
}
