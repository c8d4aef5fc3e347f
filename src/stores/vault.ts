/** HashiCorp Vault or OpenBao, for several machines. The engine encrypts and guards what it holds. */
import { UserError } from '../errors.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';
import { createVaultClient } from './vault-client.ts';
import { createKvStore, type KvStore } from './vault-kv.ts';
import { checkFences, createVaultSpace } from './vault-space.ts';

const SECRETS = 'secrets';

const pathOf = (id: string): string => `${SECRETS}/${id}`;

/** So often another may have written in between. */
const TRIES = 10;

async function write(kv: KvStore, path: string, value: string): Promise<void> {
  // A machine that lost a lock it works under writes no secret either.
  await checkFences();
  // Most secrets are new; the version of one that is not is asked for.
  let version = 0;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await kv.write(path, { value }, version)) !== undefined) return;
    version = (await kv.read(path)).version;
  }
  throw new UserError('store_unavailable', `${kv.where}/${path} in Vault is written to by others all the time.`);
}

function open(kv: KvStore): SecretStore {
  const get = async (id: string) => {
    const value = (await kv.read(pathOf(id))).data?.value;
    return typeof value === 'string' ? value : undefined;
  };
  return {
    get,
    set: (id, value) => write(kv, pathOf(id), value),
    async delete(id) {
      if ((await get(id)) === undefined) return false;
      await checkFences();
      await kv.destroy(pathOf(id));
      return true;
    },
    list: async () => (await kv.list(SECRETS)).map((path) => path.slice(SECRETS.length + 1)),
  };
}

const connect = (ports: StorePorts): KvStore => createKvStore(createVaultClient(ports), ports);

export const store: StoreKind = {
  id: 'vault',
  title: 'HashiCorp Vault or OpenBao (KV v2), for several machines',
  readOnly: false,
  open: (ports) => open(connect(ports)),
  share: (ports) => createVaultSpace(connect(ports), ports),
  async inspect(ports) {
    const client = createVaultClient(ports);
    try {
      const kv = createKvStore(client, ports);
      await roundTrip(open(kv));
      return { available: true, persistent: true, detail: `${client.address}, ${kv.where}` };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { available: false, persistent: null, detail: error.message };
    }
  },
};
