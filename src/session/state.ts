/** Who is logged in where, and until when: the rows of `whoami` and `profile list`. */
import { readClaims } from '../auth/jwt.ts';
import { isRenewable } from '../auth/renew.ts';
import type { LoginMethodId, Session } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { ProviderEntry } from '../providers/types.ts';
import { bindProfile } from './connect.ts';
import { environmentCredentials } from './environment.ts';

export interface WhoamiRow {
  readonly profile: string;
  readonly provider: string;
  readonly account: string | null;
  readonly method: LoginMethodId | null;
  readonly loggedIn: boolean;
  readonly expiresAt: string | null;
  /** Where the credential lies: the session that a login made, or the environment. */
  readonly source: 'session' | 'environment' | null;
}

type Needs = Pick<Context, 'env' | 'options' | 'profiles' | 'vault' | 'now'>;

export async function whoami(context: Needs, profile: Profile): Promise<WhoamiRow> {
  const { token } = environmentCredentials(context, profile.name);
  const base = { profile: profile.name, provider: profile.provider };
  if (token) {
    const claims = readClaims(token);
    const ends = claims?.expiresAt;
    return {
      ...base,
      account: claims?.account ?? null,
      method: 'token',
      loggedIn: ends === undefined || ends > context.now(),
      expiresAt: ends === undefined ? null : new Date(ends).toISOString(),
      source: 'environment',
    };
  }
  return whoamiRow(profile, await context.vault.session(profile.name), context.now());
}

/** The row of a session at hand; `now` in milliseconds. */
export function whoamiRow(profile: Profile, session: Session | undefined, now: number): WhoamiRow {
  return {
    profile: profile.name,
    provider: profile.provider,
    account: session?.account ?? null,
    method: session?.method ?? profile.method ?? null,
    loggedIn: session !== undefined && isAlive(session, now),
    expiresAt: session?.expiresAt ?? null,
    source: session ? 'session' : null,
  };
}

const isAlive = (session: Session, now: number): boolean =>
  isRenewable(session) || session.expiresAt === undefined || Date.parse(session.expiresAt) > now;

export interface ProfileRow {
  readonly profile: string;
  readonly provider: string;
  readonly url: string | null;
  readonly mcpUrl: string | null;
  readonly org: string | null;
  readonly default: boolean;
  /** Null where the secret store cannot be asked. */
  readonly loggedIn: boolean | null;
}

/** `url` and `mcpUrl` are what is used: the profile's own, else the provider's. */
export async function profileRow(
  context: Needs,
  profile: Profile,
  entries: readonly ProviderEntry[],
): Promise<ProfileRow> {
  const settings = settingsOf(profile, entries);
  return {
    profile: profile.name,
    provider: profile.provider,
    url: settings.url ?? null,
    mcpUrl: settings.mcpUrl ?? null,
    org: profile.org ?? null,
    default: context.profiles.defaultName() === profile.name,
    loggedIn: await isLoggedIn(context, profile),
  };
}

/** Everything about one profile; no secret is among it. */
export interface ProfileDocument extends ProfileRow {
  readonly method: LoginMethodId | null;
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly audience: string | null;
  readonly scopes: readonly string[];
  readonly allowHttp: boolean;
  readonly sign: boolean;
  readonly header: string | null;
  readonly dashboard: string | null;
  readonly keyPattern: string | null;
  readonly command: readonly string[] | null;
  /** The variable that a local server reads. */
  readonly env: string | null;
  /** Further variables, and the ref of the key in each. */
  readonly keys: Readonly<Record<string, string>>;
}

export async function profileDocument(
  context: Needs,
  profile: Profile,
  entries: readonly ProviderEntry[],
): Promise<ProfileDocument> {
  return {
    ...(await profileRow(context, profile, entries)),
    method: profile.method ?? null,
    issuer: profile.issuer ?? null,
    clientId: profile.clientId ?? null,
    audience: profile.audience ?? null,
    scopes: profile.scopes ?? [],
    allowHttp: profile.allowHttp ?? false,
    sign: profile.sign ?? false,
    header: profile.header ?? null,
    dashboard: profile.dashboard ?? null,
    keyPattern: profile.keyPattern ?? null,
    command: profile.command ?? null,
    env: profile.variable ?? null,
    keys: profile.keys ?? {},
  };
}

/** A plugin that is gone, or wants more than the profile has, must not hide the profile. */
function settingsOf(profile: Profile, entries: readonly ProviderEntry[]): Pick<Profile, 'url' | 'mcpUrl'> {
  try {
    return bindProfile(entries, profile).settings;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return profile;
  }
}

async function isLoggedIn(context: Needs, profile: Profile): Promise<boolean | null> {
  try {
    return (await whoami(context, profile)).loggedIn;
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 7) return null;
    throw error;
  }
}
