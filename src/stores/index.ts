import type { StoreKind } from './types.ts';

/** Every kind of store by its id, loaded when it is used; the first is the default. */
export const STORES: Readonly<Record<string, () => Promise<StoreKind>>> = {
  keychain: async () => (await import('./keychain.ts')).store,
  age: async () => (await import('./age.ts')).store,
  env: async () => (await import('./env.ts')).store,
};
