import { UserError } from '../errors.ts';
import { encodeName } from '../system/names.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

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

function readOnly(): Promise<never> {
  return Promise.reject(
    new UserError('store_unavailable', 'The store "env" is read only: keys come from the environment.', {
      hint: 'Choose a store that keeps them: --store keychain or --store age',
    }),
  );
}

function open({ env, index }: StorePorts): SecretStore {
  const read = (id: string) => {
    const [, profile, record] = id.split('/');
    if (!profile || !record || !isEnvironmentRecord(record)) return undefined;
    const name = decodeURIComponent(record.slice(RECORD.length));
    return env[environmentVariable(decodeURIComponent(profile), name)] || undefined;
  };
  return {
    get: async (id) => read(id),
    set: readOnly,
    delete: readOnly,
    list: async () => (await index()).filter((id) => read(id) !== undefined),
  };
}

export const store: StoreKind = {
  id: 'env',
  title: 'Environment variables',
  readOnly: true,
  open,
  inspect: async ({ index }) => ({
    available: true,
    persistent: false,
    detail: `read only: PROFILE_NAME_API_KEY and PROFILE_API_KEY; ${(await index()).length} set`,
  }),
};
