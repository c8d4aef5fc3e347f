/**
 * The ledger where the current store is shared: keys and history are in the store, beside what this machine alone knows.
 * Bindings, and placements in this machine's files, are its own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import type { Author } from '../ledger/history.ts';
import { createRecords } from '../ledger/records.ts';
import type { KeyRecord, Ledger } from '../ledger.ts';
import type { SharedSpace } from '../stores/types.ts';
import type { Locks, Paths } from '../system/types.ts';
import { sharedDocuments } from './documents.ts';
import { createSharedHistory } from './history.ts';
import { createMirror, KEYS, mirrorFolder } from './mirror.ts';
import { ownPlacements, type Records, withOwnPlacements } from './placements.ts';

export interface SharedLedgerParts {
  readonly space: SharedSpace;
  /** The store's id. */
  readonly store: string;
  /** What this machine alone knows. */
  readonly local: Ledger;
  readonly paths: Pick<Paths, 'ledger'>;
  readonly locks: Pick<Locks, 'with'>;
  readonly author: Author;
  /** Called before the first key of a profile may be known to other machines. */
  readonly shareProfile?: (name: string) => Promise<void>;
}

/** Records in the store, as this machine sees them. `local` in `keys` reads the mirror. */
export function sharedRecords({ space, store, paths, locks, author }: Omit<SharedLedgerParts, 'local'>): Records {
  const mirror = createMirror(join(mirrorFolder(paths.ledger, store), KEYS), locks);
  const records = createRecords(sharedDocuments({ space, store, mirror }, KEYS));
  const mirrored = createRecords(mirror);
  const own = ownPlacements(paths.ledger, locks);
  const keys: Records['keys'] = (profile, options) => (options?.local ? mirrored : records).keys(profile);
  return withOwnPlacements({ ...records, keys }, own, author.host);
}

export function createSharedLedger(parts: SharedLedgerParts): Ledger {
  const { space, store, local, author } = parts;
  const history = createSharedHistory(space, author, `${store}: log`);
  const shared = sharedRecords(parts);
  return {
    ...withSharedRecords(local, shared, { store, beforeAdd: parts.shareProfile }),
    record: history.record,
    async history() {
      const [there, here] = await Promise.all([history.history(), local.history()]);
      return [...here, ...there].sort((one, other) => compare(one.at, other.at));
    },
    verifyHistory: async () => (await local.verifyHistory()) ?? history.verifyHistory(),
  };
}

interface SharedRecordsOptions {
  readonly store: string;
  /** Called with a key's profile before the key is shared. */
  readonly beforeAdd?: ((profile: string) => Promise<void>) | undefined;
  /** Where new keys go: to what is shared, unless another store is the one in use. */
  readonly addTo?: Pick<Records, 'add'>;
}

/** New keys are shared; what this machine alone knows stays beside them. */
export function withSharedRecords(
  local: Ledger,
  shared: Records,
  { store, beforeAdd, addTo = shared }: SharedRecordsOptions,
): Ledger {
  async function addOwn(record: KeyRecord): Promise<void> {
    if (await shared.key(record.profile, record.name)) {
      throw new UserError('conflict', `There is a key ${refOf(record)} in the store "${store}" already.`, {
        hint: 'Choose another name.',
      });
    }
    await local.add(record);
  }
  return {
    ...local,
    async keys(profile, options) {
      const [there, here] = await Promise.all([shared.keys(profile, options), local.keys(profile)]);
      const known = new Set(there.map(refOf));
      return [...there, ...here.filter((record) => !known.has(refOf(record)))].sort(byRef);
    },
    key: async (profile, name) => (await shared.key(profile, name)) ?? local.key(profile, name),
    async add(record) {
      if (addTo === local) return addOwn(record);
      if (await local.key(record.profile, record.name)) {
        throw new UserError('conflict', `There is a key ${refOf(record)} on this machine already.`, {
          hint: `Choose another name, or move that key to the store: mcpkey store migrate --to ${store}`,
        });
      }
      await beforeAdd?.(record.profile);
      await shared.add(record);
    },
    async update(profile, name, change) {
      try {
        return await shared.update(profile, name, change);
      } catch (error) {
        const mayBeOwn = error instanceof UserError && error.code === 'not_found';
        if (!mayBeOwn || !(await local.key(profile, name))) throw error;
        return local.update(profile, name, change);
      }
    },
    remove: async (profile, name) => (await shared.remove(profile, name)) || local.remove(profile, name),
    generationFile(profile, name) {
      const file = shared.generationFile(profile, name);
      return existsSync(file) ? file : local.generationFile(profile, name);
    },
  };
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const byRef = (one: KeyRecord, other: KeyRecord): number =>
  compare(one.profile, other.profile) || compare(one.name, other.name);
