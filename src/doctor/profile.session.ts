import { UserError } from '../errors.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import { environmentCredentials } from '../session/environment.ts';
import { whoami } from '../session/state.ts';
import { LOGIN } from '../vault/shelf.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { isDamaged } from './scope/stores.ts';
import { line, remedyOf } from './scope/words.ts';
import { eachProfile } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'profile.session',
  title: 'The login',
  looksAt:
    'Each profile’s login: whether it is alive, when it ends, whether it renews itself, and whether the service takes it.',
  warning: 'The login has ended. Keys go on working; making, listing and replacing them does not.',
  error: 'The service refuses the login, or a client uses a login that has ended.',
  remedies: [
    'Log in again: mcpkey login PROFILE',
    'In CI: MCPKEY_TOKEN, or MCPKEY_EMAIL and MCPKEY_PASSWORD, for the profile that is named.',
  ],
  looks: eachProfile(async (profile, scope) => {
    const { provider } = await scope.connection(profile);
    return look(profile, provider, scope);
  }),
};

async function look(profile: Profile, provider: Provider, scope: Scope): Promise<Finding> {
  const login = line(['login', profile.name]);
  const ref = `${profile.name}/${LOGIN_NAME}`;
  const used = (await scope.placements()).some(({ owned }) => owned.ref === ref);
  await scope.usable(profile.name, LOGIN);
  const known = await whoami(scope.context, profile).catch(fault);
  if (known instanceof UserError) {
    const fix = isDamaged(known) ? login : (remedyOf(known) ?? login);
    return failure(`The login cannot be read: ${known.message}`, fix);
  }
  const { loggedIn, expiresAt, source, account } = known;
  if (source === null && !canLogIn(scope, profile)) {
    if (used) return failure('A client uses this login, and there is none.', login);
    const isNeeded = Object.values(provider.operations).some(({ mode }) => mode === 'api');
    return skipped(isNeeded ? `Not logged in; keys that are kept here work all the same.` : 'No login is needed.');
  }
  const refused = await refusal(profile, provider, scope);
  if (refused)
    return used || loggedIn
      ? failure(refused.message, login, { advice: remedyOf(refused) ?? undefined })
      : warning(refused.message, login);
  if (source === null) return ok('The environment logs in.');
  if (!loggedIn && !canLogIn(scope, profile)) {
    return (used ? failure : warning)(`The login ended${expiresAt === null ? '' : ` on ${expiresAt}`}.`, login);
  }
  const who = account === null ? '' : ` as ${account}`;
  return ok(`Logged in${who}${expiresAt === null ? '' : `, until ${expiresAt}`}.`);
}

/** A store that fails as a whole has thrown before. */
function fault(error: unknown): UserError {
  if (error instanceof UserError && error.exitCode === 7) return error;
  throw error;
}

/** Without a person, by what the environment has. */
function canLogIn({ context }: Scope, { name }: Profile): boolean {
  const { token, password, clientSecret, job } = environmentCredentials(context, name);
  return [token, password, clientSecret, job].some((each) => each !== undefined);
}

const REFUSED: ReadonlySet<string> = new Set(['invalid_token', 'not_logged_in']);

/** What the service, or the login server, says to this login; undefined where it takes it or could not be asked. */
async function refusal(profile: Profile, provider: Provider, scope: Scope): Promise<UserError | undefined> {
  const list = await scope.remote(profile);
  if ('error' in list) return REFUSED.has(list.error.code) ? list.error : undefined;
  if ('keys' in list || provider.mcp('login') === undefined) return undefined;
  try {
    await scope.context.accessToken(profile, { attempts: 1 });
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return REFUSED.has(error.code) ? error : undefined;
  }
}
