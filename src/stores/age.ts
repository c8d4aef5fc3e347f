import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { createFile, ensureFolder, readBytes, readText, removeFile, writeAtomic } from '../system/files.ts';
import { chooseRecipients, decryptWith, encryptFor } from './age-box.ts';
import { idsBelow, ownFolder, pathOf, sharedFolder } from './age-files.ts';
import { ensureIdentity, type Identity, identityPath, ownRecipients, readIdentity } from './age-identity.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

const RECIPIENTS = '.age-recipients';

/** The folder's own list, else `MCPKEY_AGE_RECIPIENTS`, else whoever holds the identity. Throws where that is not among them. */
async function recipients(ports: StorePorts, identity: Identity): Promise<readonly string[]> {
  const file = join(sharedFolder(ports), RECIPIENTS);
  const listed = await readText(file);
  return listed === undefined
    ? chooseRecipients(identity, ports.env.MCPKEY_AGE_RECIPIENTS ?? '', 'MCPKEY_AGE_RECIPIENTS')
    : chooseRecipients(identity, listed, file);
}

async function encrypt(value: string, ports: StorePorts): Promise<Uint8Array> {
  const chosen = await recipients(ports, await readIdentity(ports));
  return encryptFor(chosen, value, `${RECIPIENTS} or MCPKEY_AGE_RECIPIENTS`);
}

const decrypt = (bytes: Uint8Array, identity: Identity, path: string): Promise<string> =>
  decryptWith(identity, bytes, { what: path, check: `age -d -i IDENTITY '${path}'` });

/** A disk fault is the store's own here: nothing was kept. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'conflict') throw error;
    throw new UserError('store_unavailable', error.message, { hint: error.hint, cause: error });
  }
}

function open(ports: StorePorts): SecretStore {
  return {
    get: (id) =>
      onDisk(async () => {
        const identity = await readIdentity(ports);
        const path = pathOf(ports, id);
        const bytes = await readBytes(path);
        return bytes === undefined ? undefined : decrypt(bytes, identity, path);
      }),
    set: (id, value) => onDisk(async () => writeAtomic(pathOf(ports, id), await encrypt(value, ports))),
    delete: (id) =>
      onDisk(async () => {
        await readIdentity(ports);
        return removeFile(pathOf(ports, id));
      }),
    list: () =>
      onDisk(async () => {
        const folders = new Set([sharedFolder(ports), ownFolder(ports)]);
        return (await Promise.all([...folders].map((folder) => idsBelow(folder)))).flat();
      }),
  };
}

export const store: StoreKind = {
  id: 'age',
  title: 'Files encrypted with age',
  readOnly: false,
  open,
  async inspect(ports) {
    try {
      await roundTrip(open(ports));
      return { available: true, persistent: true, detail: `${sharedFolder(ports)}, ${await described(ports)}` };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { available: false, persistent: null, detail: error.message };
    }
  },
  async prepare(ports, { dir }) {
    await ensureIdentity(ports);
    const chosen = { ...ports, dir };
    const folder = sharedFolder(chosen);
    await ensureFolder(folder);
    const [own] = await ownRecipients(await readIdentity(ports));
    if (dir !== undefined) await createFile(join(folder, RECIPIENTS), `${own}\n`);
    await roundTrip(open(chosen));
  },
};

async function described(ports: StorePorts): Promise<string> {
  const count = (await recipients(ports, await readIdentity(ports))).length;
  const identity = ports.env.MCPKEY_AGE_IDENTITY ? 'MCPKEY_AGE_IDENTITY' : identityPath(ports);
  return `${count} recipient${count === 1 ? '' : 's'}, identity in ${identity}`;
}
