import type { StoreKind, StorePorts } from './types.ts';

/** Loads a kind; `name` is what stands behind the colon of its id, empty where there is none. */
export type StoreTable = Readonly<Record<string, (name: string) => Promise<StoreKind>>>;

/** Every kind of store by its id, loaded when it is used; the first is the default. `X:NAME` stands for every name. */
export const STORES: StoreTable = {
  keychain: async () => (await import('./keychain.ts')).store,
  age: async () => (await import('./age.ts')).store,
  env: async () => (await import('./env.ts')).store,
  etcd: async () => (await import('./etcd.ts')).store,
  vault: async () => (await import('./vault.ts')).store,
  'helper:NAME': async (name) => (await import('./helper.ts')).helperStore(name),
};

/** How the kind called `id` is loaded; undefined where there is none. */
export function findStore(table: StoreTable, id: string): (() => Promise<StoreKind>) | undefined {
  const colon = id.indexOf(':');
  const [entry, name] = colon < 0 ? [id, ''] : [`${id.slice(0, colon)}:NAME`, id.slice(colon + 1)];
  const load = Object.hasOwn(table, entry) ? table[entry] : undefined;
  return load && (() => load(name));
}

/** True for an id that stands for many stores: it needs a name to be one. */
export const isFamily = (id: string): boolean => id.endsWith(':NAME');

/** Those that hold documents and locks for several machines, known without loading them. */
export const isSharedStore = (id: string): boolean => id === 'etcd' || id === 'vault';

/** The folder of `age` files that was chosen to be shared, by variable or `store use age --dir`; else undefined. */
export const sharedFolder = ({ env, dir }: Pick<StorePorts, 'env' | 'dir'>): string | undefined =>
  env.MCPKEY_AGE_DIR || dir || undefined;

/** True where other machines read the keys that are kept there. */
export const sharesKeys = (id: string, ports: Pick<StorePorts, 'env' | 'dir'>): boolean =>
  isSharedStore(id) || (id === 'age' && sharedFolder(ports) !== undefined);
