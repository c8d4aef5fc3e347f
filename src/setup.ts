/** Builds the real context: each part on first use, so that a command pays only for what it touches. */
import { homedir, hostname, userInfo } from 'node:os';
import type { LoginMethodId } from './auth/types.ts';
import type { Connection, Context, Env, GlobalOptions } from './context.ts';
import { Cancelled, UserError } from './errors.ts';
import type { Io } from './io.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { withNearest } from './nearest.ts';
import { once } from './once.ts';
import { createProfiles, type Profile } from './profiles.ts';
import type { ProviderEntry } from './providers/types.ts';
import { createAccess } from './session/access.ts';
import type { StorePorts } from './stores/types.ts';
import { createLocks } from './system/locks.ts';
import { resolvePaths } from './system/paths.ts';
import { createVault } from './vault.ts';

export interface ContextParts {
  readonly env: Env;
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly platform?: NodeJS.Platform;
}

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_MAX_WAIT = 60_000;

export function createContext(parts: ContextParts): Context {
  const { env, io, options, signal, cwd } = parts;
  const platform = parts.platform ?? process.platform;
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir();
  const paths = resolvePaths(env, platform, home);
  const locks = createLocks({ dir: paths.locks });
  const host = env.MCPKEY_MACHINE || hostname();
  const user = env.USER || env.USERNAME || userInfo().username;
  const now = () => Date.now();
  const sleep = (milliseconds: number) => interruptibleSleep(milliseconds, signal);

  const profiles = once(() => createProfiles({ dir: paths.config, locks, env }));
  const ledger: () => Ledger = once(() => createLedger({ paths, locks, now, host, user, env }));
  const storePorts = (): StorePorts => ({
    env,
    configDir: paths.config,
    dataDir: paths.data,
    platform,
    index: async () => [],
  });
  const vault = once(() => createVault({ paths, locks, env, platform, profiles: profiles(), store: options.store }));
  const fetchOnce = once(async () => {
    const { createFetch } = await import('./system/http.ts');
    return createFetch({ env, timeout: options.timeout ?? DEFAULT_TIMEOUT, note: (line) => io.debug(line) });
  });
  const doFetch: typeof fetch = async (input, init) => (await fetchOnce())(input, init);
  const entries = once(async () => (await import('./plugins.ts')).allProviders(paths.providers));
  const access = once(() => createAccess({ context }));

  const context: Context = {
    io,
    env,
    options,
    paths,
    locks,
    signal,
    platform,
    home,
    host,
    user,
    cwd,
    now,
    sleep,
    fetch: doFetch,
    get profiles() {
      return profiles();
    },
    get ledger() {
      return ledger();
    },
    get vault() {
      return vault();
    },
    providers: entries,
    async provider(id) {
      const { findProvider } = await import('./plugins.ts');
      const found = await findProvider(id, paths.providers);
      if (found) return found;
      const ids = (await entries()).map((entry: ProviderEntry) => entry.id);
      throw new UserError('not_found', withNearest(`There is no provider "${id}".`, id, ids), {
        hint: 'mcpkey provider list',
      });
    },
    async connect(profile) {
      const entry = await context.provider(profile.provider);
      return connection(context, profile, entry);
    },
    accessToken: (profile, choice) => access().accessToken(profile, choice),
    async login(id) {
      const { LOGINS } = await import('./auth/index.ts');
      return LOGINS[id]();
    },
    loginIds: ['device', 'web', 'client-credentials', 'password', 'token'] satisfies LoginMethodId[],
    async stores() {
      const { STORES } = await import('./stores/index.ts');
      return Promise.all(Object.values(STORES).map((load) => load()));
    },
    storePorts,
    async clients() {
      const { CLIENTS } = await import('./clients/index.ts');
      return Object.values(CLIENTS);
    },
    async client(id) {
      const known = await context.clients();
      const found = known.find((client) => client.id === id);
      if (found) return found;
      const ids = known.map((client) => client.id);
      throw new UserError('not_found', withNearest(`There is no client "${id}".`, id, ids), { hint: 'mcpkey clients' });
    },
    async openPage(url) {
      const { openInBrowser } = await import('./system/browser.ts');
      return openInBrowser(url);
    },
    async copyForAWhile(value, seconds) {
      const { copyForAWhile } = await import('./system/clipboard.ts');
      await copyForAWhile(value.reveal(), seconds);
    },
  };
  return context;
}

/** Binds a provider to a profile; the API is loaded with the first request. */
function connection(context: Context, profile: Profile, entry: ProviderEntry): Connection {
  const provider = entry.bind({ ...profile, sign: profile.sign ?? false, allowHttp: profile.allowHttp ?? false });
  const { options } = context;
  const api = once(async () => {
    const { createApi } = await import('./api.ts');
    return createApi({
      provider,
      fetch: context.fetch,
      accessToken: (choice) => context.accessToken(profile, choice),
      sleep: context.sleep,
      now: context.now,
      options: {
        timeout: options.timeout ?? DEFAULT_TIMEOUT,
        maxWait: options.maxWait ?? DEFAULT_MAX_WAIT,
        signal: context.signal,
      },
      note: (line) => context.io.debug(line),
    });
  });
  return { profile, provider, call: async (request) => (await api())(request) };
}

/** Ends with `Cancelled` as soon as the command is interrupted. */
function interruptibleSleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(new Cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      done();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
