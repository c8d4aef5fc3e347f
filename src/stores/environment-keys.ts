import { encodeName } from '../system/names.ts';
import type { StorePorts } from './types.ts';

type Env = StorePorts['env'];

/** A key that the environment holds. Its record in the vault is `env.NAME`; there is none in the ledger. */
export interface EnvironmentKey {
  readonly profile: string;
  readonly name: string;
  readonly variable: string;
  readonly record: string;
}

/** Name of the key that `<PROFILE>_API_KEY` holds, which names none. */
const UNNAMED = 'env';
const RECORD = 'env.';

/** True for records that this store holds, whatever store is the current one. */
export function isEnvironmentRecord(record: string): boolean {
  return record.startsWith(RECORD);
}

/** Name of the key that a record of this store stands for; undefined for every other record. */
export function recordName(record: string): string | undefined {
  return isEnvironmentRecord(record) ? decodeURIComponent(record.slice(RECORD.length)) : undefined;
}

/** `<PROFILE>_<NAME>_API_KEY`, or `<PROFILE>_API_KEY` for the key called `env`: upper case, other characters `_`. */
export function environmentVariable(profile: string, name: string): string {
  const words = name === UNNAMED ? [profile] : [profile, name];
  return [...words.map(upper), 'API_KEY'].join('_');
}

/** The keys of these profiles that are in the environment. A variable that fits two profiles is the longer one's. */
export function environmentKeys(env: Env, profiles: readonly string[]): readonly EnvironmentKey[] {
  const longestFirst = [...profiles].sort((one, other) => other.length - one.length);
  const keys: EnvironmentKey[] = [];
  for (const variable of Object.keys(env).sort()) {
    if (!env[variable] || !variable.endsWith('_API_KEY')) continue;
    const owner = variable.slice(0, -'_API_KEY'.length);
    const profile = longestFirst.find((each) => owner === upper(each) || owner.startsWith(`${upper(each)}_`));
    if (profile === undefined) continue;
    const rest = owner.slice(upper(profile).length + 1);
    const name = rest === '' ? UNNAMED : rest.toLowerCase().replaceAll('_', '-');
    keys.push({ profile, name, variable, record: RECORD + encodeName(name) });
  }
  return keys;
}

function upper(word: string): string {
  return word.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
