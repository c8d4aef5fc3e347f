import { UserError } from '../../src/errors.ts';
import { type Fence, heldFences, type Lease, lostLock, underLease } from '../../src/stores/leases.ts';
import type { SharedSpace } from '../../src/stores/types.ts';

export interface MemorySpace extends SharedSpace {
  /** What is there, by name. */
  texts(): Readonly<Record<string, string>>;
  /** As anyone may write who can reach the store. */
  write(name: string, text: string): void;
  /** Every lock ends, as those of machines that stood still for too long. */
  endLocks(): void;
}

/** A space of this process, for as many machines as open it. */
export function memorySpace(): MemorySpace {
  const documents = new Map<string, { text: string; version: number }>();
  const locks = new Map<string, symbol>();
  let count = 0;

  const checkFences = async (): Promise<void> => {
    for (const fence of heldFences()) await fence.verify();
  };
  const write = (name: string, text: string): string => {
    count += 1;
    documents.set(name, { text, version: count });
    return String(count);
  };
  const isAt = (name: string, version: string | undefined): boolean =>
    String(documents.get(name)?.version) === String(version);

  async function take(name: string): Promise<Lease | { readonly holder: string }> {
    if (locks.has(name)) return { holder: 'another machine' };
    const mine = Symbol(name);
    locks.set(name, mine);
    const fence: Fence = {
      condition: undefined,
      async verify() {
        if (locks.get(name) !== mine) throw lostLock(name);
      },
    };
    return {
      fence,
      async release() {
        if (locks.get(name) === mine) locks.delete(name);
      },
    };
  }

  return {
    texts: () => Object.fromEntries([...documents].map(([name, { text }]) => [name, text])),
    write: (name, text) => void write(name, text),
    endLocks: () => locks.clear(),
    async get(name) {
      const found = documents.get(name);
      return found && { name, text: found.text, version: String(found.version) };
    },
    async list(folder) {
      const names = [...documents.keys()].filter((name) => name.startsWith(`${folder}/`)).sort();
      return names.flatMap((name) => {
        const found = documents.get(name);
        return found ? [{ name, text: found.text, version: String(found.version) }] : [];
      });
    },
    async put(name, text, version) {
      await checkFences();
      return isAt(name, version) ? write(name, text) : undefined;
    },
    async remove(name, version) {
      await checkFences();
      return isAt(name, version) && documents.delete(name);
    },
    with: (name, work, options) => underLease(name, () => take(name), work, options?.wait),
    isHeld: async (name) => locks.has(name),
    seal: async (name, text) => Buffer.from(JSON.stringify([name, text])).toString('base64'),
    async unseal(name, sealed) {
      const [bound, text] = JSON.parse(Buffer.from(sealed, 'base64').toString('utf8'));
      if (bound !== name) throw new UserError('store_unavailable', `not sealed for ${name}`);
      return text;
    },
  };
}
