import { UserError } from '../errors.ts';
import { environmentVariable, recordName } from './environment-keys.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

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
    const name = record === undefined ? undefined : recordName(record);
    if (profile === undefined || name === undefined) return undefined;
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
