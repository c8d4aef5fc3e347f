/**
 * `config/config.json`: read by hand on hot paths, written by `conf`. A broken file is `bad_config_file` with its path
 * and position, and is never overwritten.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './errors.ts';
import type { Preference, Profile } from './profiles.ts';
import { ensureFolder } from './system/files.ts';
import { brokenFile, parseOwnJson } from './system/json.ts';

export interface ConfigDocument {
  readonly profiles: Readonly<Record<string, Omit<Profile, 'name'>>>;
  readonly defaultProfile?: string | undefined;
  readonly preferences: Readonly<Partial<Record<Preference, string>>>;
}

/** The document in `dir`; an empty one where there is no file yet. */
export function readConfig(dir: string): ConfigDocument {
  const path = join(dir, 'config.json');
  try {
    return checkConfig(path, parseOwnJson(readFileSync(path, 'utf8'), path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { profiles: {}, preferences: {} };
    throw error;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkConfig(path: string, value: unknown): ConfigDocument {
  if (!isObject(value)) throw brokenFile(path, 'not a JSON object');
  const { profiles = {}, preferences = {}, defaultProfile } = value;
  if (!isObject(preferences)) throw brokenFile(path, '"preferences" is not an object');
  if (defaultProfile !== undefined && typeof defaultProfile !== 'string') {
    throw brokenFile(path, '"defaultProfile" is not a text');
  }
  return { profiles: checkProfiles(path, profiles), preferences, defaultProfile };
}

function checkProfiles(path: string, value: unknown): ConfigDocument['profiles'] {
  if (!isObject(value)) throw brokenFile(path, '"profiles" is not an object');
  return Object.fromEntries(
    Object.entries(value).map(([name, fields]) => {
      if (!isObject(fields)) throw brokenFile(path, `profile "${name}" is not an object`);
      const { provider, ...rest } = fields;
      if (typeof provider !== 'string') throw brokenFile(path, `profile "${name}" names no provider`);
      return [name, { provider, ...rest }];
    }),
  );
}

/** `conf` writes atomically and keeps the mode 0600; it is loaded only here, because reading does not need it. */
export async function writeConfig(dir: string, document: ConfigDocument): Promise<void> {
  await ensureFolder(dir);
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
