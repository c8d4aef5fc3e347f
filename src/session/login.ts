/** One login, from the choice of the way to the session kept. What is shown and asked goes through `LoginScreen`. */
import type { LoginMethodId, LoginPorts, Session } from '../auth/types.ts';
import type { Connection, Context } from '../context.ts';
import { retell, UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { earlierSession } from './earlier.ts';
import { type EnvironmentCredentials, environmentCredentials } from './environment.ts';
import { fittingMethods } from './methods.ts';
import { loginPorts } from './ports.ts';
import { buildRequest, declaredLogin, type RequestParts } from './request.ts';

export interface LoginChoice {
  /** Undefined: the provider's first that works here. */
  readonly method: LoginMethodId | undefined;
  readonly scopes: readonly string[];
  readonly redirectPort?: number | undefined;
}

export interface LoginScreen extends Pick<LoginPorts, 'showDevice' | 'openBrowser' | 'note'> {
  /** True where a person can be asked. */
  readonly attended: boolean;
  askText(question: string, hint: string): Promise<string>;
  askSecret(question: string, hint: string): Promise<Secret>;
  /** The JWT on stdin. */
  readToken(): Promise<Secret>;
}

export interface LoginResult {
  readonly profile: Profile;
  readonly session: Session;
}

type Needs = Pick<
  Context,
  | 'env'
  | 'options'
  | 'platform'
  | 'profiles'
  | 'providers'
  | 'vault'
  | 'locks'
  | 'paths'
  | 'ledger'
  | 'fetch'
  | 'now'
  | 'sleep'
  | 'signal'
  | 'connect'
  | 'login'
>;

/**
 * Logs in to `profile` (saved or new), keeps the session, then saves the profile. Throws as the login method, and
 * `store_unavailable` or `store_locked` before anything is asked of the service.
 */
export async function logIn(
  context: Needs,
  profile: Profile,
  choice: LoginChoice,
  screen: LoginScreen,
): Promise<LoginResult> {
  const { provider } = await context.connect(profile);
  const credentials = environmentCredentials(context, profile.name, true);
  if (choice.method) declaredLogin(provider, choice.method);
  const methods = choice.method
    ? [choice.method]
    : fittingMethods(profile, provider, { ...context, attended: screen.attended, credentials });
  await context.vault.ready();
  const before = await earlierSession(context, profile.name);
  const scopes = widened(choice.scopes, before, methods[0]);
  const session = await firstThatWorks(methods, (method) =>
    attempt(context, { profile, provider }, { method, scopes, credentials, redirectPort: choice.redirectPort }, screen),
  );
  const saved: Profile = { ...profile, method: session.method, ...(choice.scopes.length > 0 ? { scopes } : {}) };
  await context.locks.with(`session-${profile.name}`, () =>
    context.vault.saveSession(profile.name, session, { fresh: true }),
  );
  await context.profiles.save(saved);
  await context.ledger.record({ command: 'login', ref: `${profile.name}/@login` });
  return { profile: saved, session };
}

/** A server may have no such way although the provider's pages name it: then the next one is tried. */
async function firstThatWorks(
  methods: readonly LoginMethodId[],
  run: (method: LoginMethodId) => Promise<Session>,
): Promise<Session> {
  const [first, ...others] = methods;
  if (first === undefined) throw new UserError('usage', 'There is no way to log in.');
  try {
    return await run(first);
  } catch (error) {
    if (others.length === 0 || !(error instanceof UserError) || error.code !== 'unsupported') throw error;
    return firstThatWorks(others, run);
  }
}

async function attempt(
  context: Needs,
  { profile, provider }: Pick<Connection, 'profile' | 'provider'>,
  parts: Omit<RequestParts, 'credentials'> & { credentials: EnvironmentCredentials },
  screen: LoginScreen,
): Promise<Session> {
  buildRequest(profile, provider, parts);
  if (parts.credentials.variables.length > 0) screen.note(`using ${parts.credentials.variables.join(', ')}`);
  const credentials = await complete(parts.method, profile, provider, parts.credentials, screen);
  const request = buildRequest(profile, provider, { ...parts, credentials });
  const method = await context.login(parts.method);
  try {
    return await method.run(request, loginPorts(context, profile, screen));
  } catch (error) {
    // A login method knows protocols, no providers.
    throw error instanceof UserError ? retell(error, { provider: provider.id }) : error;
  }
}

/** Asks for what the method needs and the environment does not have. */
async function complete(
  method: LoginMethodId,
  profile: Profile,
  provider: Provider,
  credentials: EnvironmentCredentials,
  screen: LoginScreen,
): Promise<EnvironmentCredentials> {
  if (method === 'token') return { ...credentials, token: await screen.readToken() };
  if (method === 'password') {
    const hint = 'Set MCPKEY_EMAIL and MCPKEY_PASSWORD.';
    const email = credentials.email ?? (await screen.askText(`E-mail at ${provider.title}`, hint));
    const password = credentials.password ?? (await screen.askSecret('Password (it is not kept)', hint));
    return { ...credentials, email, password };
  }
  if (method === 'client-credentials') {
    const hint = 'Set MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET.';
    const clientId = profile.clientId ?? credentials.clientId ?? (await screen.askText('Client id', hint));
    const clientSecret = credentials.clientSecret ?? (await screen.askSecret('Client secret', hint));
    return { ...credentials, clientId, clientSecret };
  }
  return credentials;
}

/** MCP authorization, step-up: scopes asked for are added to those that the login has. */
function widened(
  asked: readonly string[],
  session: Session | undefined,
  method: LoginMethodId | undefined,
): readonly string[] {
  if (asked.length === 0 || session?.method !== method) return asked;
  const had = session?.scope?.split(' ').filter((scope) => scope !== '' && scope !== 'offline_access') ?? [];
  return [...new Set([...had, ...asked])];
}
