/**
 * Profiles and preferences: `config/config.json`, read by hand on hot paths, written by `conf` under a lock. A broken
 * file is `bad_config_file` with its path and position, and is never overwritten.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoginMethodId } from './auth/types.ts';
import { isSystemError, UserError } from './errors.ts';
import { withNearest } from './nearest.ts';
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

interface ConfigDocument {
  readonly profiles: Readonly<Record<string, Omit<Profile, 'name'>>>;
  readonly defaultProfile?: string | undefined;
  readonly preferences: Readonly<Partial<Record<Preference, string>>>;
}

const FILE = 'config.json';

/** `dir` is mcpkey's config folder; `env` is asked for `MCPKEY_PROFILE`. Nothing is read before the first call. */
export function createProfiles(parts: {
  dir: string;
  locks: Pick<Locks, 'with'>;
  env: Readonly<Record<string, string | undefined>>;
}): Profiles {
  const path = join(parts.dir, FILE);
  let cached: ConfigDocument | undefined;
  const read = () => (cached ??= readConfig(path));
  const list = () => Object.entries(read().profiles).map(([name, fields]): Profile => ({ name, ...fields }));
  const get = (name: string) => list().find((profile) => profile.name === name);

  const change = (edit: (document: ConfigDocument) => ConfigDocument) =>
    parts.locks.with('config', async (lock) => {
      const next = edit(readConfig(path));
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
    throw new UserError('not_found', 'There is no profile yet.', {
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

function readConfig(path: string): ConfigDocument {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { profiles: {}, preferences: {} };
    throw error;
  }
  return checkConfig(path, parseConfig(path, text));
}

function parseConfig(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = /position (\d+)/.exec(error.message)?.[1];
    const lines = text.slice(0, at === undefined ? text.length : Number(at)).split('\n');
    const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
    throw broken(path, `${place}: not valid JSON`, error);
  }
}

function broken(path: string, what: string, cause?: unknown): UserError {
  return new UserError('bad_config_file', `${path}: ${what}. It was left as it is.`, {
    hint: 'Mend the file, or move it away and log in again.',
    cause,
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkConfig(path: string, value: unknown): ConfigDocument {
  if (!isObject(value)) throw broken(path, 'not a JSON object');
  const { profiles = {}, preferences = {}, defaultProfile } = value;
  if (!isObject(profiles)) throw broken(path, '"profiles" is not an object');
  if (!isObject(preferences)) throw broken(path, '"preferences" is not an object');
  if (defaultProfile !== undefined && typeof defaultProfile !== 'string')
    throw broken(path, '"defaultProfile" is not a text');
  for (const [name, fields] of Object.entries(profiles)) {
    if (!isObject(fields) || typeof fields.provider !== 'string')
      throw broken(path, `profile "${name}" names no provider`);
  }
  return { profiles, preferences, defaultProfile } as ConfigDocument;
}

/** `conf` writes atomically and keeps the mode 0600; it is loaded only here, because reading does not need it. */
async function writeConfig(dir: string, document: ConfigDocument): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { default: Conf } = await import('conf');
  const conf = new Conf({
    cwd: dir,
    configName: 'config',
    projectSuffix: '',
    configFileMode: 0o600,
    accessPropertiesByDotNotation: false,
  });
  conf.store = JSON.parse(JSON.stringify(document));
}
