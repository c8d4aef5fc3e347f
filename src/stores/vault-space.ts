/**
 * What machines share in Vault: documents, and locks as documents that their holder writes anew while it lives. There are
 * no transactions over several paths: check-and-set guards each document, and a lock is proven right before each write.
 */
import { UserError } from '../errors.ts';
import { encodeName } from '../system/names.ts';
import { BEAT, type Fence, heldFences, LEASE, type Lease, lostLock, underLease } from './leases.ts';
import { isLeft, type LockText, lockText } from './locktext.ts';
import type { SharedDocument, SharedSpace, StorePorts } from './types.ts';
import { type KvItem, type KvStore, sideBySide } from './vault-kv.ts';

const DOCUMENTS = 'docs';
const LOCKS = 'locks';
/** A write that takes longer than this is not made under a lock that may end meanwhile. */
const WRITE = (LEASE * 1_000) / 2;

/** Throws `conflict` where a lock was lost that the work at hand runs under; else every one of them lives anew. */
export async function checkFences(): Promise<void> {
  for (const fence of heldFences()) await fence.verify();
}

export function createVaultSpace(kv: KvStore, ports: StorePorts): SharedSpace {
  async function put(name: string, text: string | null, version: string | undefined): Promise<string | undefined> {
    await checkFences();
    const path = `${DOCUMENTS}/${name}`;
    const data = text === null ? { gone: true } : { text };
    const written = await kv.write(path, data, Number(version ?? 0), { timeout: WRITE });
    if (written !== undefined) return String(written);
    const there = await kv.read(path);
    // A document that was taken away leaves a mark, so that its versions go on.
    if (version === undefined && textOf(there) === undefined && there.version > 0) {
      return asText(await kv.write(path, data, there.version, { timeout: WRITE }));
    }
    // The answer to the same write, sent before, may have been lost.
    return text !== null && textOf(there) === text ? String(there.version) : undefined;
  }

  async function read(name: string): Promise<SharedDocument | undefined> {
    const item = await kv.read(`${DOCUMENTS}/${name}`);
    const text = textOf(item);
    return text === undefined ? undefined : { name, text, version: String(item.version) };
  }

  return {
    get: read,
    async list(folder) {
      const paths = await kv.list(`${DOCUMENTS}/${folder}`);
      const names = paths.map((path) => path.slice(DOCUMENTS.length + 1)).sort();
      return (await sideBySide(names, read)).filter((document) => document !== undefined);
    },
    put,
    remove: async (name, version) => (await put(name, null, version)) !== undefined,
    with: (name, work, options) => underLease(name, () => take(kv, name, ports), work, options?.wait),
    // Who may write below our path is the engine's to say.
    seal: async (_name, text) => text,
    unseal: async (_name, sealed) => sealed,
    async isHeld(name) {
      const lock = await kv.read(lockPath(name));
      return isAlive(lock) && !(await isLeft(lock.data));
    },
  };
}

const asText = (version: number | undefined): string | undefined =>
  version === undefined ? undefined : String(version);
const lockPath = (name: string): string => `${LOCKS}/${encodeName(name)}`;

function textOf({ data }: KvItem): string | undefined {
  return typeof data?.text === 'string' ? data.text : undefined;
}

/** By the server's clock alone, which wrote both times. */
function isAlive({ data, writtenAt, now }: KvItem): boolean {
  if (typeof data?.token !== 'string' || data.token === '' || writtenAt === undefined) return false;
  // A date header has no fractions of a second.
  return now - Date.parse(writtenAt) < (LEASE + 1) * 1_000;
}

async function take(kv: KvStore, name: string, ports: StorePorts): Promise<Lease | { readonly holder: string }> {
  const path = lockPath(name);
  const lock = await lockText(ports);
  const before = await kv.read(path);
  if (isAlive(before)) return { holder: String(before.data?.host).slice(0, 100) };
  const version = await kv.write(path, lock, before.version, { timeout: WRITE });
  return version === undefined ? { holder: 'another machine' } : keepAlive(kv, { name, path, lock, version });
}

interface Kept {
  readonly name: string;
  readonly path: string;
  readonly lock: LockText;
  readonly version: number;
}

function keepAlive(kv: KvStore, { name, path, lock, version: first }: Kept): Lease {
  let version: number | undefined = first;
  /** One after another: each needs the version that the one before made. */
  let last: Promise<void> = Promise.resolve();
  const beat = (data: LockText): Promise<void> => {
    last = last.catch(() => undefined).then(() => write(data));
    return last;
  };
  async function write(data: LockText): Promise<void> {
    if (version === undefined) throw lostLock(name);
    const next = await kv.write(path, data, version, { timeout: WRITE });
    // An answer that was lost leaves a version that we made and do not know.
    version = next ?? (await ownVersion());
    if (version === undefined) throw lostLock(name);
  }
  async function ownVersion(): Promise<number | undefined> {
    const there = await kv.read(path);
    return there.data?.token === lock.token ? there.version : undefined;
  }
  const timer = setInterval(() => void beat(lock).catch(ignoreFault), BEAT);
  timer.unref();
  const fence: Fence = { condition: undefined, verify: () => beat(lock) };
  return {
    fence,
    async release() {
      clearInterval(timer);
      if (version !== undefined) await beat({ ...lock, token: '' }).catch(ignoreFault);
    },
  };
}

/** What cannot be told now is told with the next beat; what was lost is seen before the next write. */
function ignoreFault(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}
