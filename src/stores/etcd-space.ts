/** What machines share in etcd: documents below `docs/`, and locks as keys that hang on a lease. */
import { encodeName } from '../system/names.ts';
import { type EtcdClient, isLeaseGone } from './etcd-client.ts';
import { type EtcdCondition, PREFIX, readItem, readItems, writeItem } from './etcd-keys.ts';
import { seal, unseal } from './etcd-seal.ts';
import { BEAT, type Fence, heldFences, LEASE, type Lease, lostLock, underLease } from './leases.ts';
import { hostOf, isLeft, lockText, parseLock } from './locktext.ts';
import type { SharedSpace, StorePorts } from './types.ts';

const DOCUMENTS = `${PREFIX}docs/`;
const LOCKS = `${PREFIX}locks/`;

/** Milliseconds that a proof of a lock saves the next question, and no more than that: each write proves it anew. */
const PROOF = 200;

const lockKey = (name: string): string => LOCKS + encodeName(name);

/** Conditions of a write: that every lock is held which the work at hand runs under. */
export function fenceConditions(): readonly EtcdCondition[] {
  return heldFences().flatMap(({ condition }) => (isCondition(condition) ? [condition] : []));
}

const isCondition = (value: unknown): value is EtcdCondition =>
  typeof value === 'object' && value !== null && 'key' in value && 'created' in value;

/** After a write that was not made: throws `conflict` for the lock that was lost, where one was. */
export async function checkFences(): Promise<void> {
  for (const fence of heldFences()) {
    fence.learned?.(undefined);
    await fence.verify();
  }
}

export function createEtcdSpace(client: EtcdClient, ports: StorePorts): SharedSpace {
  const session = createSession(client);

  /** True where the write was made; else whether what is there is what it would have made. */
  async function write(
    key: string,
    value: Buffer | undefined,
    version: string | undefined,
  ): Promise<string | undefined> {
    const unchanged = { key, revision: version ?? '0' };
    const asked = performance.now();
    const { done, revision } = await writeItem(client, { key, value }, [unchanged, ...fenceConditions()]);
    if (done) {
      for (const fence of heldFences()) fence.learned?.(asked);
      return revision;
    }
    await checkFences();
    // The answer to the same write, sent before, may have been lost with the member that made it.
    const there = await readItem(client, key);
    if (value === undefined) return there === undefined ? revision : undefined;
    return there?.value.equals(value) ? there.revision : undefined;
  }

  async function take(name: string): Promise<Lease | { readonly holder: string }> {
    const key = lockKey(name);
    const mine = Buffer.from(JSON.stringify(await lockText(ports)));
    const { done, revision, there } = await session.use(async (lease) => {
      const outcome = await writeItem(client, { key, value: mine, lease }, [{ key, created: '0' }]);
      return { ...outcome, there: outcome.done ? undefined : await readItem(client, key) };
    });
    if (!done && !there?.value.equals(mine)) {
      session.drop();
      const lock = there && parseLock(there.value);
      if (!there || !(await isLeft(lock))) return { holder: hostOf(lock) };
      // What its holder sent last holds on condition of the lock alone, which goes here.
      await writeItem(client, { key, value: undefined }, [{ key, created: there.revision }]);
      return take(name);
    }
    const created = there?.revision ?? revision;
    let provenAt = performance.now();
    const fence: Fence<EtcdCondition> = {
      condition: { key, created },
      async verify() {
        const now = performance.now();
        if (now - provenAt < PROOF) return;
        if ((await readItem(client, key))?.revision !== created) throw lostLock(name);
        provenAt = now;
      },
      learned(heldAt = Number.NEGATIVE_INFINITY) {
        provenAt = heldAt;
      },
    };
    return {
      fence,
      async release() {
        session.drop();
        await writeItem(client, { key, value: undefined }, [{ key, created }]);
      },
    };
  }

  return {
    async get(name) {
      const item = await readItem(client, DOCUMENTS + name);
      return item && { name, text: item.value.toString('utf8'), version: item.revision };
    },
    async list(folder) {
      const items = await readItems(client, `${DOCUMENTS}${folder}/`);
      return items.map(({ key, value, revision }) => ({
        name: key.slice(DOCUMENTS.length),
        text: value.toString('utf8'),
        version: revision,
      }));
    },
    put: (name, text, version) => write(DOCUMENTS + name, Buffer.from(text), version),
    remove: async (name, version) => (await write(DOCUMENTS + name, undefined, version)) !== undefined,
    with: (name, work, options) => underLease(name, () => take(name), work, options?.wait),
    async isHeld(name) {
      const item = await readItem(client, lockKey(name));
      return item !== undefined && !(await isLeft(parseLock(item.value)));
    },
    seal: async (name, text) => Buffer.from(await seal(ports, DOCUMENTS + name, text)).toString('base64'),
    unseal: (name, sealed) => unseal(ports, DOCUMENTS + name, Buffer.from(sealed, 'base64')),
  };
}

interface Session {
  /** Runs a write that hangs a key on our lease, which lives from now on until `drop` is called as often as this. */
  use<T>(write: (lease: string) => Promise<T>): Promise<T>;
  drop(): void;
}

interface Held {
  readonly id: Promise<string>;
  timer: NodeJS.Timeout | undefined;
}

/** One lease for all locks of this process, kept alive while there is any. */
function createSession(client: EtcdClient): Session {
  let current: Held | undefined;
  let users = 0;

  function grant(): Held {
    const granted: Held = { id: request(), timer: undefined };
    granted.timer = setInterval(() => void beat(granted).catch(() => undefined), BEAT);
    granted.timer.unref();
    return granted;
  }

  async function request(): Promise<string> {
    const { ID: id } = await client.call('/v3/lease/grant', { TTL: String(LEASE) });
    return String(id);
  }

  /** What cannot be sent now is sent again with the next beat; a lease that is gone is not waited for. */
  async function beat(held: Held): Promise<void> {
    if (users === 0) return end(held);
    const answer = await client.call('/v3/lease/keepalive', { ID: await held.id }, { timeout: BEAT });
    const { result } = answer;
    const alive = typeof result === 'object' && result !== null && 'TTL' in result && Number(result.TTL) > 0;
    if (!alive) end(held);
  }

  function end(held: Held): void {
    clearInterval(held.timer);
    if (current === held) current = undefined;
  }

  async function attempt<T>(write: (lease: string) => Promise<T>): Promise<T> {
    current ??= grant();
    const held = current;
    const id = await held.id.catch((error: unknown) => {
      end(held);
      throw error;
    });
    try {
      return await write(id);
    } catch (error) {
      // Others may hang on it: only a lease that is gone is given up.
      if (isLeaseGone(error)) end(held);
      throw error;
    }
  }

  return {
    async use(write) {
      users += 1;
      try {
        return await attempt(write).catch((error: unknown) => {
          if (isLeaseGone(error)) return attempt(write);
          throw error;
        });
      } catch (error) {
        users -= 1;
        throw error;
      }
    },
    drop() {
      users -= 1;
    },
  };
}
