/** Profiles and preferences: which services this machine knows, and where new secrets go. */
import type { LoginMethodId } from './auth/types.ts';
import { UserError } from './errors.ts';
import { withNearest } from './nearest.ts';
import { type ConfigDocument, readConfig, writeConfig } from './profilefile.ts';
import type { Locks } from './system/types.ts';

export interface Profile {
  readonly name: string;
  readonly provider: string;
  readonly url?: string | undefined;
  readonly mcpUrl?: string | undefined;
  readonly org?: string | undefined;
  readonly method?: LoginMethodId | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly audience?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly sign?: boolean | undefined;
  /** `generic` only: `NAME` or `NAME: SCHEME`. */
  readonly header?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly keyPattern?: string | undefined;
  /** A local server's command line, word by word, and the variable that takes the key. */
  readonly command?: readonly string[] | undefined;
  readonly variable?: string | undefined;
  /** What else a local server's environment has; no secret is among it. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Further variables of a local server that take keys, and the ref of each. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** Headers that go to the endpoint besides the key's; no secret is among them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The endpoint wants the key in this parameter of its address instead of a header. */
  readonly query?: string | undefined;
}

export interface Profiles {
  list(): readonly Profile[];
  get(name: string): Profile | undefined;
  defaultName(): string | undefined;
  /** Creates or replaces. The first profile becomes the default. */
  save(profile: Profile): Promise<void>;
  remove(name: string): Promise<boolean>;
  use(name: string): Promise<void>;
  /**
   * The profile in use: `named` (`-p`, the ref's), `MCPKEY_PROFILE`, `profile use`, the only one.
   * Throws `usage` with the names where several fit, `not_found` with the nearest name, `not_found` where there is none.
   */
  inUse(named?: string): Profile;
  preference(name: Preference): string | undefined;
  setPreference(name: Preference, value: string): Promise<void>;
}

export type Preference = 'store' | 'ageDir' | 'homeId';

/** `dir` is mcpkey's config folder; `env` is asked for `MCPKEY_PROFILE`. Nothing is read before the first call. */
export function createProfiles(parts: {
  dir: string;
  locks: Pick<Locks, 'with'>;
  env: Readonly<Record<string, string | undefined>>;
}): Profiles {
  let cached: ConfigDocument | undefined;
  const read = () => {
    cached ??= readConfig(parts.dir);
    return cached;
  };
  const list = () => Object.entries(read().profiles).map(([name, fields]): Profile => ({ name, ...fields }));
  const get = (name: string) => list().find((profile) => profile.name === name);

  const change = (edit: (document: ConfigDocument) => ConfigDocument) =>
    parts.locks.with('config', async (lock) => {
      const next = edit(readConfig(parts.dir));
      await lock.verify();
      await writeConfig(parts.dir, next);
      cached = next;
    });

  return {
    list,
    get,
    defaultName: () => read().defaultProfile,
    save: ({ name, ...fields }) =>
      change((document) => ({
        ...document,
        profiles: { ...document.profiles, [name]: fields },
        defaultProfile: document.defaultProfile ?? name,
      })),
    async remove(name) {
      const existed = get(name) !== undefined;
      if (existed) await change((document) => without(document, name));
      return existed;
    },
    async use(name) {
      requireProfile(list(), name);
      await change((document) => ({ ...document, defaultProfile: name }));
    },
    inUse: (named) => pickProfile(list(), named ?? parts.env.MCPKEY_PROFILE, read().defaultProfile),
    preference: (name) => read().preferences[name],
    setPreference: (name, value) =>
      change((document) => ({ ...document, preferences: { ...document.preferences, [name]: value } })),
  };
}

function pickProfile(profiles: readonly Profile[], named: string | undefined, preferred: string | undefined): Profile {
  if (named) return requireProfile(profiles, named);
  const only = profiles.length === 1 ? profiles[0] : undefined;
  const chosen = profiles.find((profile) => profile.name === preferred) ?? only;
  if (chosen) return chosen;
  if (profiles.length === 0) {
    throw new UserError('usage', 'There is no profile yet.', {
      hint: 'mcpkey setup PROVIDER   or   mcpkey login PROVIDER',
    });
  }
  const names = profiles.map((profile) => profile.name).join(', ');
  throw new UserError('usage', `Several profiles exist: ${names}.`, {
    hint: 'Choose one with --profile NAME, or: mcpkey profile use NAME',
  });
}

/** The profile called `name`; throws `not_found` with the nearest name. */
export function requireProfile(profiles: readonly Profile[], name: string): Profile {
  const found = profiles.find((profile) => profile.name === name);
  if (found) return found;
  const names = profiles.map((profile) => profile.name);
  throw new UserError('not_found', withNearest(`There is no profile "${name}".`, name, names), {
    hint: 'mcpkey profile list',
  });
}

function without(document: ConfigDocument, name: string): ConfigDocument {
  const profiles = Object.fromEntries(Object.entries(document.profiles).filter(([key]) => key !== name));
  const rest = Object.keys(profiles);
  const kept = document.defaultProfile !== name ? document.defaultProfile : rest.length === 1 ? rest[0] : undefined;
  return { ...document, profiles, defaultProfile: kept };
}
