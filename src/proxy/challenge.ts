/** What a 403 asks for beyond the credential (RFC 6750, section 3.1: `insufficient_scope` with `scope`). */
import { retell, type UserError } from '../errors.ts';

/** As hints write scopes that are not known. */
const ANY = '--scope SCOPE';

/** The same error with the scopes that the server names, as a login to run; unchanged where it names none. Who knows the profile fills it in. */
export function withNeededScope(error: UserError, headers: Headers): UserError {
  if (error.code !== 'insufficient_scope') return error;
  const [, scope = ''] = /\bscope="([^"]*)"/i.exec(headers.get('www-authenticate') ?? '') ?? [];
  // The hint is a command that people copy: nothing that a shell would act on gets into it.
  const scopes = scope.split(' ').filter((each) => /^[\w:./@+-]+$/.test(each));
  if (scopes.length === 0) return error;
  const options = scopes.map((each) => `--scope ${each}`).join(' ');
  const { hint = '' } = error;
  // Where it is known which profile, and whether a login or a key must be another one, that command gets the scopes.
  const more = hint.includes(ANY)
    ? hint.replace(ANY, options)
    : `The server asks for more: mcpkey login PROFILE ${options}`;
  return retell(error, { hint: more });
}
