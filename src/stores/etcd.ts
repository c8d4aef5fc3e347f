/** etcd for several machines. Values are encrypted with age before they leave this one. */
import { UserError } from '../errors.ts';
import { store as age } from './age.ts';
import { ensureIdentity, readIdentity } from './age-identity.ts';
import { createEtcdClient, type EtcdClient } from './etcd-client.ts';
import { type EtcdOutcome, type EtcdWrite, PREFIX, readItem, readItems, writeItem } from './etcd-keys.ts';
import { seal, unseal } from './etcd-seal.ts';
import { checkFences, createEtcdSpace, fenceConditions } from './etcd-space.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

const SECRETS = `${PREFIX}secrets/`;
/** A rotating refresh token has one home: logins stay on the machine, encrypted for the same identity. */
const LOGIN = /\/login$/;

function open(ports: StorePorts, client = createEtcdClient(ports)): SecretStore {
  const local = age.open({ ...ports, env: { ...ports.env, MCPKEY_AGE_DIR: undefined }, dir: undefined });
  /** A machine that lost a lock it works under writes no secret either. */
  async function write(item: EtcdWrite): Promise<EtcdOutcome> {
    const outcome = await writeItem(client, item, fenceConditions());
    if (!outcome.done) await checkFences();
    return outcome;
  }
  return {
    async get(id) {
      if (LOGIN.test(id)) return local.get(id);
      const item = await readItem(client, SECRETS + id);
      return item && unseal(ports, item.key, item.value);
    },
    async set(id, value) {
      if (LOGIN.test(id)) return local.set(id, value);
      const key = SECRETS + id;
      await write({ key, value: await seal(ports, key, value) });
    },
    async delete(id) {
      if (LOGIN.test(id)) return local.delete(id);
      return (await write({ key: SECRETS + id, value: undefined })).deleted;
    },
    async list() {
      const items = await readItems(client, SECRETS, true);
      const logins = (await local.list()).filter((id) => LOGIN.test(id));
      return [...items.map(({ key }) => key.slice(SECRETS.length)), ...logins];
    },
  };
}

async function describe(ports: StorePorts, client: EtcdClient): Promise<string> {
  const { source } = await readIdentity(ports);
  return `${client.members}, encrypted with the identity in ${source}`;
}

export const store: StoreKind = {
  id: 'etcd',
  title: 'etcd, for several machines',
  readOnly: false,
  open,
  share: (ports) => createEtcdSpace(createEtcdClient(ports), ports),
  async inspect(ports) {
    const client = createEtcdClient(ports);
    try {
      await roundTrip(open(ports, client));
      return { available: true, persistent: true, detail: await describe(ports, client) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { available: false, persistent: null, detail: error.message };
    }
  },
  async prepare(ports) {
    await ensureIdentity(ports);
    await roundTrip(open(ports));
  },
};
