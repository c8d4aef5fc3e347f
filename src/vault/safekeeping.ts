import { UserError } from '../errors.ts';
import type { HeldLock, Locks } from '../system/types.ts';
import { typed } from '../typed.ts';
import type { SecretPlace, SecretPlaces } from './places.ts';
import { isKey, type Shelf } from './shelf.ts';

interface Parts {
  readonly places: SecretPlaces;
  readonly shelf: Pick<Shelf, 'open' | 'kind' | 'idOf' | 'isShared' | 'current'>;
  readonly locks: Pick<Locks, 'with'>;
}

type Address = Pick<SecretPlace, 'profile' | 'record' | 'store'>;

export interface Safekeeping {
  /** Writes and reads back. A secret that another store holds under this record is deleted there afterwards. */
  save(address: Address, value: string): Promise<void>;
  read(profile: string, record: string): Promise<string | undefined>;
  forget(profile: string, record: string): Promise<boolean>;
  move(profile: string, record: string, to: string): Promise<boolean>;
}

/**
 * Secrets and the records of where they are, in the order that leaves no secret unknown: the record first, then the
 * secret, and for a deletion the other way round.
 */
export function createSafekeeping({ places, shelf, locks }: Parts): Safekeeping {
  const locked = <T>(profile: string, record: string, work: (lock: HeldLock) => Promise<T>) =>
    locks.with(`secret ${profile}/${record}`, work);

  async function planned(address: Address, before: SecretPlace | undefined): Promise<SecretPlace> {
    const savedAt = new Date().toISOString();
    if (before) return { ...(await movedTo(before, address.store)), savedAt };
    const { store, profile, record } = address;
    return { ...address, id: await shelf.idOf(store, profile, record), also: [], savedAt };
  }

  /** Read from `store` from now on; every other store that was named may still hold a copy. */
  async function movedTo(place: SecretPlace, store: string): Promise<SecretPlace> {
    const others = new Set([place.store, ...place.also]);
    others.delete(store);
    const id = await shelf.idOf(store, place.profile, place.record, place.id);
    return { ...place, store, id, also: [...others] };
  }

  /** Where another machine put it, in the store that they share. */
  async function known(profile: string, record: string): Promise<SecretPlace | undefined> {
    const place = places.get(profile, record);
    if (place || !isKey(profile, record)) return place;
    const store = await shelf.current();
    if (!(await shelf.isShared(store))) return undefined;
    return { profile, record, store, id: await shelf.idOf(store, profile, record), also: [], savedAt: '' };
  }

  const deleteIn = async (place: SecretPlace, store: string): Promise<boolean> =>
    (await shelf.open(store)).delete((await movedTo(place, store)).id);

  /** Where the store refuses, the record of before comes back, unless the store may have kept the secret all the same. */
  async function put(place: SecretPlace, before: SecretPlace | undefined, value: string): Promise<void> {
    const store = await shelf.open(place.store);
    await places.write(before ? await movedTo(place, before.store) : place);
    try {
      await store.set(place.id, value);
      if ((await store.get(place.id)) !== value) throw notKept(place.store);
    } catch (error) {
      if (!before) await takeBack(place);
      throw error;
    }
  }

  /** Into the same store, under the id that other machines know: the old one is read until the new one is proven. */
  async function putBeside(place: SecretPlace, before: SecretPlace, value: string): Promise<void> {
    const store = await shelf.open(before.store);
    await store.set(place.id, value);
    if ((await store.get(place.id)) !== value) throw notKept(place.store);
  }

  async function takeBack(place: SecretPlace): Promise<void> {
    const gone = await shelf
      .open(place.store)
      .then((store) => store.delete(place.id))
      .then(
        () => true,
        () => false,
      );
    // Else the record stays and names what may be left in the store.
    if (gone) await places.remove(place.profile, place.record);
  }

  /** The copies in other stores, once the one that is read is proven. */
  async function dropCopies(place: SecretPlace): Promise<void> {
    if (place.also.length === 0) return;
    for (const store of place.also) await deleteIn(place, store);
    await places.write({ ...place, also: [] });
  }

  return {
    save: (address, value) =>
      locked(address.profile, address.record, async (lock) => {
        const before = places.get(address.profile, address.record);
        const place = await planned(address, before);
        await lock.verify();
        await put(place, before, value);
        await lock.verify();
        // A new one was written before the secret, as it is.
        if (before) await places.write(place);
        // A store that is gone or locked, perhaps the reason for the change, cannot stop what is done.
        await dropCopies(place).catch(ignoreStoreFault);
      }),
    async read(profile, record) {
      const place = await known(profile, record);
      if (!place) return undefined;
      const value = await (await shelf.open(place.store)).get(place.id);
      if (value !== undefined) return value;
      // It may have been moved between the two looks.
      const now = places.get(profile, record);
      return now && now.store !== place.store ? (await shelf.open(now.store)).get(now.id) : undefined;
    },
    forget: (profile, record) =>
      locked(profile, record, async (lock) => {
        const place = await known(profile, record);
        if (!place) return false;
        await lock.verify();
        const deleted = await (await shelf.open(place.store)).delete(place.id);
        for (const store of place.also) await deleteIn(place, store);
        await places.remove(profile, record);
        return deleted;
      }),
    move: (profile, record, to) =>
      locked(profile, record, async (lock) => {
        const before = await known(profile, record);
        if (!before) return false;
        const place = await movedTo(before, to);
        if (before.store === to && before.id === place.id) {
          await dropCopies(before);
          return before.also.length > 0;
        }
        const value = await (await shelf.open(before.store)).get(before.id);
        if (value === undefined) throw lost(before);
        if (before.store === to) await putBeside(place, before, value);
        else await put(place, before, value);
        await lock.verify();
        await places.write(place);
        await dropCopies(place);
        if (before.store === to) await (await shelf.open(to)).delete(before.id);
        return true;
      }),
  };
}

function notKept(store: string): UserError {
  return new UserError('store_unavailable', `The store "${store}" did not give back what was written to it.`, {
    hint: 'mcpkey store status',
  });
}

function lost({ profile, store }: SecretPlace): UserError {
  return new UserError('not_found', `A secret of the profile "${profile}" is gone from the store "${store}".`, {
    hint: typed`mcpkey list --local -p ${profile}   then make that key anew`,
  });
}

function ignoreStoreFault(error: unknown): void {
  const known = error instanceof UserError && (error.code === 'store_unavailable' || error.code === 'store_locked');
  if (!known) throw error;
}
