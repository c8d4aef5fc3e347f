import { UserError } from '../../src/errors.ts';
import type { SecretStore, StoreKind } from '../../src/stores/types.ts';

export interface MemoryStore extends StoreKind {
  readonly items: Map<string, string>;
  /** While set, every member throws it. */
  fault: Error | undefined;
}

/** A store that forgets everything with the process. */
export function memoryStore(id = 'memory'): MemoryStore {
  const items = new Map<string, string>();
  const at = <T>(act: () => T): Promise<T> => (kind.fault ? Promise.reject(kind.fault) : Promise.resolve(act()));
  const store: SecretStore = {
    get: (key) => at(() => items.get(key)),
    set: (key, value) => at(() => void items.set(key, value)),
    delete: (key) => at(() => items.delete(key)),
    list: () => at(() => [...items.keys()]),
  };
  const kind: MemoryStore = {
    id,
    title: 'Memory',
    readOnly: false,
    items,
    fault: undefined,
    open: () => store,
    inspect: async () => ({ available: kind.fault === undefined, persistent: false, detail: 'memory of this process' }),
  };
  return kind;
}

export const unavailable = () => new UserError('store_unavailable', 'the store is not there');
