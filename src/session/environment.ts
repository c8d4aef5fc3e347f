/** Credentials that the environment brings instead of a login: for the one profile that is meant, never for all. */
import type { Context } from '../context.ts';
import { type Secret, secret } from '../secret.ts';

export interface EnvironmentCredentials {
  readonly token?: Secret | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: Secret | undefined;
  readonly email?: string | undefined;
  readonly password?: Secret | undefined;
  /** Of the GitHub Actions job that we are part of. */
  readonly job?: { readonly url: string; readonly token: Secret } | undefined;
  /** Names of the variables used, for `--verbose`; no value. */
  readonly variables: readonly string[];
}

type Needs = Pick<Context, 'env' | 'options'> & { readonly profiles: Pick<Context['profiles'], 'list'> };

/**
 * `MCPKEY_<PROFILE>_TOKEN` and its like for `profile`; the short `MCPKEY_TOKEN` only where `-p` or `MCPKEY_PROFILE` names
 * this profile, or there is no other one. `named` says that the command line named it in another way.
 */
export function environmentCredentials(context: Needs, profile: string, named = false): EnvironmentCredentials {
  const variables: string[] = [];
  const short = named || isMeant(context, profile);
  const read = (field: string): string | undefined => {
    const long = `MCPKEY_${variablePart(profile)}_${field}`;
    const name = context.env[long] ? long : short ? `MCPKEY_${field}` : undefined;
    const value = name === undefined ? undefined : context.env[name];
    if (name === undefined || !value) return undefined;
    variables.push(name);
    return value;
  };
  const hidden = (field: string): Secret | undefined => {
    const value = read(field);
    return value === undefined ? undefined : secret(value.trim());
  };
  return {
    token: hidden('TOKEN'),
    clientId: read('CLIENT_ID'),
    clientSecret: hidden('CLIENT_SECRET'),
    email: read('EMAIL'),
    password: hidden('PASSWORD'),
    job: jobIdentity(context),
    variables,
  };
}

/** Not tied to a profile: it yields a token for the audience that is asked for, and only where a login is by it. */
function jobIdentity({ env }: Pick<Context, 'env'>): EnvironmentCredentials['job'] {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  return url && token ? { url, token: secret(token) } : undefined;
}

/** The profile's name as a part of a variable's: upper case, other characters `_`. */
export const variablePart = (profile: string): string => profile.toUpperCase().replace(/[^A-Z0-9]/g, '_');

function isMeant({ env, options, profiles }: Needs, profile: string): boolean {
  const named = options.profile ?? env.MCPKEY_PROFILE;
  if (named) return named === profile;
  const known = profiles.list();
  return known.length === 0 || (known.length === 1 && known[0]?.name === profile);
}
