/**
 * `config/config.json`: read by hand on hot paths, written by `conf`. A broken file is `bad_config_file` with its path
 * and position, and is never overwritten.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './errors.ts';
import type { Preference, Profile } from './profiles.ts';
import { ensureFolder } from './system/files.ts';
import { brokenFile, ownText, parseOwnJson } from './system/json.ts';

export interface ConfigDocument {
  readonly profiles: Readonly<Record<string, Omit<Profile, 'name'>>>;
  readonly defaultProfile?: string | undefined;
  readonly preferences: Readonly<Partial<Record<Preference, string>>>;
}

/** The document in `dir`; an empty one where there is no file yet. */
export function readConfig(dir: string): ConfigDocument {
  const path = join(dir, 'config.json');
  try {
    return checkConfig(path, parseOwnJson(ownText(readFileSync(path), path), path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { profiles: {}, preferences: {} };
    throw error;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkConfig(path: string, value: unknown): ConfigDocument {
  if (!isObject(value)) throw brokenFile(path, 'not a JSON object');
  const { profiles = {}, preferences = {}, defaultProfile, ...more } = value;
  if (!isObject(preferences)) throw brokenFile(path, '"preferences" is not an object');
  const [wrong] = Object.entries(preferences).find(([, preference]) => typeof preference !== 'string') ?? [];
  if (wrong !== undefined) throw brokenFile(path, `preference "${wrong}" is not a text`);
  if (defaultProfile !== undefined && typeof defaultProfile !== 'string') {
    throw brokenFile(path, '"defaultProfile" is not a text');
  }
  // What another version wrote beside these stays.
  return { ...more, profiles: checkProfiles(path, profiles), preferences, defaultProfile };
}

/** Throws `bad_config_file`, naming the field. */
export function checkProfiles(path: string, value: unknown): ConfigDocument['profiles'] {
  if (!isObject(value)) throw brokenFile(path, '"profiles" is not an object');
  return Object.fromEntries(
    Object.entries(value).map(([name, fields]) => {
      if (!isObject(fields)) throw brokenFile(path, `profile "${name}" is not an object`);
      const { provider, ...rest } = fields;
      if (typeof provider !== 'string') throw brokenFile(path, `profile "${name}" names no provider`);
      const wrong = Object.keys(rest).find((field) => !hasForm(field, rest[field]));
      if (wrong !== undefined) throw brokenFile(path, `"${wrong}" of profile "${name}" is ${formInWords(wrong)}`);
      return [name, { provider, ...rest }];
    }),
  );
}

const LISTS: ReadonlySet<string> = new Set<keyof Profile>(['scopes', 'command']);
const FLAGS: ReadonlySet<string> = new Set<keyof Profile>(['allowHttp', 'sign']);
const TABLES: ReadonlySet<string> = new Set<keyof Profile>(['variables', 'keys', 'headers']);
const TEXTS: ReadonlySet<string> = new Set<keyof Profile>([
  ...(['url', 'mcpUrl', 'org', 'method', 'issuer', 'clientId', 'audience'] as const),
  ...(['header', 'dashboard', 'keyPattern', 'variable', 'query'] as const),
]);

/** A field that this version does not know has any form. */
function hasForm(field: string, value: unknown): boolean {
  if (LISTS.has(field)) return Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (FLAGS.has(field)) return typeof value === 'boolean';
  if (TABLES.has(field)) return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
  return !TEXTS.has(field) || typeof value === 'string';
}

const formInWords = (field: string): string =>
  LISTS.has(field)
    ? 'not a list of texts'
    : TABLES.has(field)
      ? 'not a table of texts'
      : FLAGS.has(field)
        ? 'neither true nor false'
        : 'not a text';

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
    // A byte-order mark is no fault.
    deserialize: (text) => JSON.parse(text.replace(/^\uFEFF/, '')),
  });
  conf.store = JSON.parse(JSON.stringify(document));
}
