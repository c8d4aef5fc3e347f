/** Builds the real context: each part on first use, so that a command pays only for what it touches. */
import { hostname, userInfo } from 'node:os';
import type { Connection, ConnectionChoice, Context, Env, GlobalOptions } from './context.ts';
import { withEnvironmentKeys } from './environment.ts';
import type { Io } from './io.ts';
import { authorOf, createLedger, type Ledger } from './ledger.ts';
import { once } from './once.ts';
import { createProfiles, type Profile, type Profiles } from './profiles.ts';
import type { ProviderEntry } from './providers/types.ts';
import { openFolderLedger, openSharedLedger, originOf, sharedSpace } from './shared/open.ts';
import { sharingProfiles } from './shared/profiles.ts';
import { isSharedStore, sharedFolder } from './stores/index.ts';
import type { StorePorts } from './stores/types.ts';
import { homeFolder } from './system/home.ts';
import { createLocks } from './system/locks.ts';
import { resolvePaths } from './system/paths.ts';
import { pause } from './system/pause.ts';
import { lookups } from './tables.ts';
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
  const machine = machineOf(parts);
  const profiles = once(() => {
    const own = createProfiles({ dir: machine.paths.config, locks: machine.locks, env });
    return isShared(parts, own) ? sharingProfiles(own, async () => (await context.shared())?.space) : own;
  });
  const ledger = once(() => buildLedger(context, parts));
  const vault = once(() => {
    const origin = (name: string) => originOf(context, name);
    return createVault({
      ...machine,
      env,
      profiles: context.profiles,
      store: options.store,
      origin,
      net: netOf(parts),
    });
  });
  const shared = once(async () => sharedSpace(context.vault, chosenStore(parts, context.profiles)));
  const access = once(async () => (await import('./session/access.ts')).createAccess({ context }));
  const context: Context = {
    ...machine,
    ...lookups(machine.paths),
    io,
    env,
    options,
    signal,
    cwd,
    fetch: lazyFetch(parts),
    get profiles() {
      return profiles();
    },
    get ledger() {
      return ledger();
    },
    get vault() {
      return vault();
    },
    shared,
    connect: async (profile, choice) => connection(context, profile, await context.provider(profile.provider), choice),
    accessToken: async (profile, choice) => (await access()).accessToken(profile, choice),
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

type Machine = Pick<Context, 'platform' | 'home' | 'paths' | 'locks' | 'host' | 'user' | 'now' | 'sleep'>;

function machineOf({ env, signal, platform = process.platform }: ContextParts): Machine {
  const home = homeFolder(env, platform);
  const paths = resolvePaths(env, platform, home);
  return {
    platform,
    home,
    paths,
    locks: createLocks({ dir: paths.locks, signal }),
    host: env.MCPKEY_MACHINE || hostname(),
    user: env.USER || env.USERNAME || userInfo().username,
    now: () => Date.now(),
    sleep: (milliseconds) => pause(milliseconds, signal),
  };
}

const chosenStore = ({ env, options }: ContextParts, profiles: Pick<Profiles, 'preference'>): string | undefined =>
  options.store ?? (env.MCPKEY_STORE || profiles.preference('store'));

function isShared(parts: ContextParts, profiles: Pick<Profiles, 'preference'>): boolean {
  const store = chosenStore(parts, profiles);
  return store !== undefined && isSharedStore(store);
}

/** With the store `env`, the environment's keys are shown beside those that are kept; with a shared one, what is there. */
function buildLedger(context: Context, parts: ContextParts): Ledger {
  const { env, host, user, now, paths, locks, profiles } = context;
  const local = createLedger({ env, host, user, now, paths, locks });
  const store = chosenStore(parts, profiles);
  if (store === 'env') return withEnvironmentKeys(local, { env, host, profiles: () => profiles.list() });
  if (store === undefined || !isSharedStore(store)) {
    const folder = sharedFolder({ env, dir: profiles.preference('ageDir') });
    return folder === undefined ? local : openFolderLedger(context, { folder, inUse: store === 'age', local });
  }
  return openSharedLedger(context, store, { local, author: authorOf({ env, host, user, now }) });
}

const netOf = ({ options, io }: ContextParts): StorePorts['net'] => ({
  timeout: options.timeout,
  note: (line) => io.debug(line),
});

function lazyFetch({ env, io, options }: ContextParts): typeof fetch {
  const load = once(async () => {
    const { createFetch } = await import('./system/http.ts');
    return createFetch({ env, timeout: options.timeout ?? DEFAULT_TIMEOUT, note: (line) => io.debug(line) });
  });
  return (input, init) => io.during(`Waiting for ${hostOf(input)}`, async () => (await load())(input, init));
}

function hostOf(input: Parameters<typeof fetch>[0]): string {
  const url = typeof input === 'object' && 'url' in input ? input.url : String(input);
  return URL.canParse(url) ? new URL(url).host : 'an answer';
}

/** Binds a provider to a profile; the API is loaded with the first request. */
function connection(
  context: Context,
  profile: Profile,
  entry: ProviderEntry,
  { maxWait, timeout, attempts, signal, gate }: ConnectionChoice = {},
): Connection {
  const provider = entry.bind({
    ...profile,
    profile: profile.name,
    sign: profile.sign ?? false,
    allowHttp: profile.allowHttp ?? false,
  });
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
        timeout: timeout ?? options.timeout ?? DEFAULT_TIMEOUT,
        attempts,
        maxWait: maxWait ?? options.maxWait ?? DEFAULT_MAX_WAIT,
        signal: signal ?? context.signal,
      },
      note: (line) => context.io.debug(line),
      gate,
    });
  });
  return { profile, provider, call: async (request) => (await api())(request) };
}
