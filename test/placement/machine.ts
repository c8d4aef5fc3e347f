/** A machine with a key in its store, and the engine's own context on it; nothing is sent anywhere. */
import type { Context, Env } from '../../src/context.ts';
import { createIo } from '../../src/io/create.ts';
import { type Credential, resolveCredential } from '../../src/keys/credential.ts';
import type { KeyRecord } from '../../src/ledger.ts';
import type { Profile } from '../../src/profiles.ts';
import { secret } from '../../src/secret.ts';
import { createContext } from '../../src/setup.ts';
import { createHome, type Home } from '../helpers/home.ts';

export interface PlacingMachine {
  readonly home: Home;
  readonly context: Context;
  /** A context as another command would have it; `env` is laid over the home's. */
  fresh(env?: Env, cwd?: string): Promise<Context>;
  /** Makes a profile and a key in it, with a secret of its own. */
  key(profile: Partial<Profile> & { name: string }, name?: string): Promise<{ credential: Credential; value: string }>;
  credential(ref: string): Promise<Credential>;
}

export async function createPlacingMachine(env: Record<string, string> = {}): Promise<PlacingMachine> {
  const home = await createHome(env);
  const fresh = (over: Env = {}, cwd = home.dir) => contextOn({ ...home.env, ...over }, cwd);
  const context = await fresh();
  return {
    home,
    context,
    fresh,
    async key(fields, name = 'ci') {
      const profile: Profile = { provider: 'generic', mcpUrl: 'https://stock.example/messages', ...fields };
      if (!context.profiles.get(profile.name)) await context.profiles.save(profile);
      const value = ['sk', profile.name, name, 'madeUp0123456789'].join('-');
      const record = await context.vault.keep(profile.name, secret(value));
      await context.ledger.add(recordOf(profile, name, record, context.host));
      return { credential: await resolveCredential(await fresh(), `${profile.name}/${name}`), value };
    },
    credential: async (ref) => resolveCredential(await fresh(), ref),
  };
}

async function contextOn(env: Env, cwd: string): Promise<Context> {
  const { stdin, stdout, stderr } = process;
  const signal = new AbortController().signal;
  const flags = { json: false, quiet: false, verbose: false, noInput: true, yes: true };
  const io = await createIo({ stdin, stdout, stderr, env, signal, ...flags, noColor: true });
  const options = { ...flags, profile: undefined, store: undefined, timeout: undefined, maxWait: undefined };
  return createContext({ env, io, options, signal, cwd });
}

function recordOf(profile: Profile, name: string, record: string, host: string): KeyRecord {
  return {
    profile: profile.name,
    provider: profile.provider,
    name,
    id: `id-${name}`,
    label: name,
    prefix: null,
    scopes: [],
    createdAt: null,
    expiresAt: null,
    lastUsedAt: null,
    status: 'active',
    metadata: {},
    allowedIps: [],
    placements: [],
    previous: null,
    secret: record,
    origin: null,
    mark: null,
    host,
    assisted: true,
  };
}
