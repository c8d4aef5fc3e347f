/** The key/value engine, version 2 (developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). */
import { UserError } from '../errors.ts';
import type { StoreAnswer } from './http.ts';
import type { StorePorts } from './types.ts';
import type { VaultClient } from './vault-client.ts';
import { vaultWords } from './vault-token.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface KvItem {
  /** Undefined where there is none, or only a deleted one. */
  readonly data: Fields | undefined;
  /** Of the last write; 0 where there was never one. */
  readonly version: number;
  /** RFC 3339, by the server's clock; of the last write. */
  readonly writtenAt: string | undefined;
  /** Milliseconds since 1970, by the server's clock, in whole seconds; of the answer. */
  readonly now: number;
}

export interface KvStore {
  read(path: string): Promise<KvItem>;
  /** The new version; undefined where the path is not at `version` any more. */
  write(path: string, data: Fields, version: number, options?: { timeout?: number }): Promise<number | undefined>;
  /** Takes every version away, for good. */
  destroy(path: string): Promise<void>;
  /** Paths below `folder`, at any depth. */
  list(folder: string): Promise<readonly string[]>;
  readonly where: string;
}

/** So many requests at once, where many items are to be read. */
const ABREAST = 16;

/** Of all, with a bounded number at work; results in their order. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(ABREAST, items.length) }, lane));
  return results;
}

/** `MCPKEY_VAULT_MOUNT` (default `secret`) and, in it, `MCPKEY_VAULT_PATH` (default `mcpkey`). */
export function createKvStore(client: VaultClient, { env }: Pick<StorePorts, 'env'>): KvStore {
  const trimmed = (text: string) => text.replace(/^\/+|\/+$/g, '');
  const mount = trimmed(env.MCPKEY_VAULT_MOUNT || 'secret');
  const root = trimmed(env.MCPKEY_VAULT_PATH || 'mcpkey');
  const at = (area: string, path: string) => [mount, area, root, path].map(encodePath).join('/');

  async function names(folder: string): Promise<readonly string[]> {
    const answer = await client.call(`${at('metadata', folder)}/?list=true`, { method: 'GET' });
    const keys: unknown = fieldsOf(answer.body.data).keys;
    const found = Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
    const nested = found.map((name) =>
      name.endsWith('/') ? names(`${folder}/${name.slice(0, -1)}`) : [`${folder}/${name}`],
    );
    return (await Promise.all(nested)).flat();
  }

  return {
    where: `${mount}/${root}`,
    list: names,
    async read(path) {
      const answer = await client.call(at('data', path), { method: 'GET' });
      if (answer.status === 404) checkMount(answer, mount);
      const { data, metadata } = fieldsOf(answer.body.data);
      const { version, created_time: writtenAt } = fieldsOf(metadata);
      return {
        data: typeof data === 'object' && data !== null ? fieldsOf(data) : undefined,
        version: typeof version === 'number' ? version : 0,
        writtenAt: typeof writtenAt === 'string' ? writtenAt : undefined,
        now: answer.date ?? Date.now(),
      };
    },
    async write(path, data, version, options = {}) {
      const body = { options: { cas: version }, data };
      const answer = await client.call(at('data', path), { method: 'POST', body, ...options });
      if (answer.status === 400 && /check-and-set/.test(vaultWords(answer))) return undefined;
      const written = fieldsOf(answer.body.data).version;
      if (answer.status === 200 && typeof written === 'number') return written;
      checkMount(answer, mount);
      throw new UserError('store_unavailable', `Vault did not take what was written: ${vaultWords(answer)}`, {
        hint: `vault kv metadata get -mount=${mount} ${root}`,
      });
    },
    async destroy(path) {
      await client.call(at('metadata', path), { method: 'DELETE' });
    },
  };
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** A path that was never written and an engine that is not there are both 404. Version 1 of the engine answers 204. */
function checkMount(answer: StoreAnswer, mount: string): void {
  const missing = /no handler for route|unsupported path|Invalid path/i.test(vaultWords(answer));
  if (!missing && answer.status !== 204) return;
  const what = missing ? 'has no key/value engine' : 'has version 1 of the key/value engine, not 2,';
  throw new UserError('store_unavailable', `Vault ${what} at "${mount}".`, {
    hint: `vault secrets enable -path=${mount} -version=2 kv   or set MCPKEY_VAULT_MOUNT`,
  });
}
