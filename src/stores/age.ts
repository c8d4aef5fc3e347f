import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from '../system/faults.ts';
import { createFile, ensureFolder, readBytes, readText, removeFile, writeAtomic } from '../system/files.ts';
import { SAFE_NAME } from '../system/names.ts';
import { chooseRecipients, decryptWith, encryptFor } from './age-box.ts';
import { ensureIdentity, type Identity, identityPath, ownRecipients, readIdentity } from './age-identity.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

const SUFFIX = '.age';
const RECIPIENTS = '.age-recipients';
/** First steps of the ids that others read too. Logins stay on the machine: a rotating refresh token has one home. */
const FOR_ALL = ['shared', 'probe'];

/** `MCPKEY_AGE_DIR`, else the folder chosen with `store use age --dir`, else mcpkey's own. */
function sharedFolder(ports: StorePorts): string {
  return resolve(ports.env.MCPKEY_AGE_DIR || ports.dir || ownFolder(ports));
}

function ownFolder({ dataDir }: StorePorts): string {
  return join(dataDir, 'age');
}

function pathOf(ports: StorePorts, id: string): string {
  const parts = id.split('/');
  // Ids are ours, yet become paths: never let one lead elsewhere.
  if (parts.length !== 3 || !parts.every((part) => SAFE_NAME.test(part))) throw new Error('not an id of a secret');
  const folder = FOR_ALL.includes(parts[0] ?? '') ? sharedFolder(ports) : ownFolder(ports);
  return `${join(folder, ...parts)}${SUFFIX}`;
}

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

async function idsBelow(folder: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const home of await names(folder)) {
    for (const profile of await names(join(folder, home))) {
      const files = (await names(join(folder, home, profile))).filter((name) => name.endsWith(SUFFIX));
      ids.push(...files.map((file) => `${home}/${profile}/${file.slice(0, -SUFFIX.length)}`));
    }
  }
  return ids;
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => SAFE_NAME.test(name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(error, folder, 'read');
  }
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
