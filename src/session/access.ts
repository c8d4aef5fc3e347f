/** The access token of a profile: from the environment, or from the session, renewed by one process at a time. */
import type { Session } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { type ErrorCode, retell, UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { Secret } from '../secret.ts';
import { typed } from '../typed.ts';
import { type EnvironmentCredentials, environmentCredentials } from './environment.ts';
import { loginPorts, sessionPorts } from './ports.ts';
import { createSessionReader } from './reader.ts';
import { buildRequest } from './request.ts';

export interface Access {
  /**
   * `renew` after the service refused the last token. Throws `not_logged_in` where only a person can go on,
   * `invalid_token` where the environment's own token was refused.
   */
  accessToken(profile: Profile, options?: TokenChoice): Promise<Secret>;
}

export interface TokenChoice {
  /** The last one was refused. */
  readonly renew?: boolean | undefined;
  /** Requests to the login server in all; 3 where absent, 1 where somebody waits. */
  readonly attempts?: number | undefined;
}

type Needs = Pick<
  Context,
  | 'env'
  | 'options'
  | 'profiles'
  | 'vault'
  | 'locks'
  | 'paths'
  | 'fetch'
  | 'now'
  | 'sleep'
  | 'signal'
  | 'connect'
  | 'login'
  | 'io'
>;

/** A token is renewed this long before its end, in milliseconds, so that it outlives the request it is for. */
const AHEAD = 60_000;

export function createAccess({ context }: { context: Needs }): Access {
  /** The last token given out for a profile: `renew` means that this one was refused. */
  const given = new Map<string, string>();
  /** Sessions of credentials that only the environment has: kept for this process alone. */
  const passing = new Map<string, Session>();

  const stored = createSessionReader(context);

  const token = async (profile: Profile, { renew = false, attempts }: TokenChoice): Promise<Secret> => {
    const environment = environmentCredentials(context, profile.name);
    if (environment.token) return environmentToken(context, environment, environment.token, profile, renew);
    const refused = renew ? given.get(profile.name) : undefined;
    const usable = (session: Session) => !needsRenewal(session, refused, renew, context.now());
    const brief = passing.get(profile.name);
    if (brief && usable(brief)) return brief.accessToken;
    const session = brief ? undefined : await stored(profile.name, usable);
    if (session && usable(session)) return session.accessToken;
    const ending = { environment, attempts };
    if (session) {
      const old = refused ?? session.accessToken.reveal();
      return renewed(context, profile, { ...ending, refused: old, wasRefused: renew });
    }
    const fresh = await logInByEnvironment(context, profile, ending);
    passing.set(profile.name, fresh);
    return fresh.accessToken;
  };

  return {
    async accessToken(profile, choice = {}) {
      const value = await token(profile, choice);
      given.set(profile.name, value.reveal());
      return value;
    },
  };
}

function environmentToken(
  context: Needs,
  environment: EnvironmentCredentials,
  value: Secret,
  profile: Profile,
  renew: boolean,
): Secret {
  const [variable = 'MCPKEY_TOKEN'] = environment.variables;
  context.io.debug(`${profile.name}: the token is that of ${variable}`);
  if (!renew) return value;
  throw new UserError('invalid_token', `The token in ${variable} was refused.`, {
    provider: profile.provider,
    hint: typed`Give ${variable} a good one, or unset it and log in: mcpkey login ${profile.name}`,
  });
}

/** After a refusal, a token that another process has renewed meanwhile is a new one already. */
function needsRenewal(session: Session, refused: string | undefined, renew: boolean, now: number): boolean {
  const ends = session.expiresAt === undefined ? undefined : Date.parse(session.expiresAt);
  if (ends !== undefined && ends - AHEAD <= now) return true;
  return renew && (refused === undefined || refused === session.accessToken.reveal());
}

interface Ways {
  readonly environment: EnvironmentCredentials;
  readonly attempts: number | undefined;
}

interface Ending extends Ways {
  /** The access token that shall be replaced. */
  readonly refused: string;
  /** The service has refused it; else it only ends soon. */
  readonly wasRefused: boolean;
}

/** Under the session's lock: reads again, and renews only what nobody has renewed meanwhile. */
async function renewed(context: Needs, profile: Profile, ending: Ending): Promise<Secret> {
  return context.locks.with(`session-${profile.name}`, async (lock) => {
    const current = await context.vault.session(profile.name);
    if (!current) throw notLoggedIn(profile, NEVER);
    const another = current.accessToken.reveal() !== ending.refused;
    if (another && !isOver(current, context.now())) return current.accessToken;
    const fresh = await replace(context, profile, current, ending);
    if (fresh !== current) {
      await lock.verify();
      await context.vault.saveSession(profile.name, fresh);
    }
    return fresh.accessToken;
  });
}

const isOver = (session: Session, now: number) =>
  session.expiresAt !== undefined && Date.parse(session.expiresAt) <= now;

/** A failure that ends nothing leaves the old token in use while it is good; so does a login that nothing here can renew. */
async function replace(context: Needs, profile: Profile, session: Session, ending: Ending): Promise<Session> {
  const { isRenewable, renewSession } = await import('../auth/renew.ts');
  const renewable = isRenewable(session);
  try {
    if (!renewable) return await logInByEnvironment(context, profile, ending, session);
    context.io.debug(`${profile.name}: renewing the access token`);
    return await renewSession(session, sessionPorts(context, profile, ending.attempts));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lives = session.expiresAt !== undefined && !isOver(session, context.now());
    const ends = error.code === 'not_logged_in';
    if (lives && (PASSING.has(error.code) || (ends && !renewable && !ending.wasRefused))) return session;
    if (ends && renewable) throw notLoggedIn(profile, ENDED, error);
    throw retell(error, { provider: profile.provider });
  }
}

const PASSING: ReadonlySet<ErrorCode> = new Set(['unreachable', 'server_error', 'rate_limited']);

/** Without a person: by the job's identity, e-mail and password, or client id and secret, where the environment has them. */
async function logInByEnvironment(
  context: Needs,
  profile: Profile,
  { environment, attempts }: Ways,
  session?: Session,
): Promise<Session> {
  const { provider } = await context.connect(profile);
  const byJob = environment.job !== undefined && (session?.method ?? profile.method) === 'github-oidc';
  const has = (method: 'password' | 'client-credentials') =>
    provider.manifest.logins.some((login) => login.method === method);
  const byPassword = environment.email !== undefined && environment.password !== undefined && has('password');
  const byClient = environment.clientSecret !== undefined && has('client-credentials');
  const method = byJob ? 'github-oidc' : byPassword ? 'password' : byClient ? 'client-credentials' : undefined;
  if (!method) throw notLoggedIn(profile, session ? ENDED : NEVER);
  const by = byJob ? "the job's identity" : environment.variables.join(', ');
  context.io.debug(`${profile.name}: logging in with ${by}`);
  const request = buildRequest(profile, provider, { method, scopes: [], credentials: environment });
  const silent = {
    showDevice: () => undefined,
    openBrowser: async () => undefined,
    note: (text: string) => context.io.debug(text),
  };
  try {
    return await (await context.login(method)).run(request, loginPorts(context, profile, silent, attempts));
  } catch (error) {
    throw error instanceof UserError ? retell(error, { provider: profile.provider }) : error;
  }
}

const NEVER = 'You are not logged in to {}.';
const ENDED = 'The login to {} has ended.';

function notLoggedIn(profile: Profile, message: string, cause?: unknown): UserError {
  return new UserError('not_logged_in', message.replace('{}', profile.name), {
    provider: profile.provider,
    hint: typed`mcpkey login ${profile.name}`,
    cause,
  });
}
