import { UserError } from '../errors.ts';
import type { SecretPlace, SecretPlaces } from './places.ts';
import { readSharedId } from './sealed.ts';
import { isKey, type Shelf } from './shelf.ts';

type Entry = Pick<SecretPlace, 'profile' | 'record' | 'store'>;

/** Every record by store: those that this machine put somewhere, and all that are in the shared store, where that is the current one. */
export async function secretIndex(
  places: Pick<SecretPlaces, 'all'>,
  shelf: Pick<Shelf, 'current' | 'isShared' | 'open'>,
): Promise<readonly Entry[]> {
  const held = places.all().map(({ profile, record, store }): Entry => ({ profile, record, store }));
  const current = await shelf.current();
  const there = (await shelf.isShared(current)) ? await sharedEntries(shelf, current) : undefined;
  if (!there) return held;
  // What another machine took away is not there any more, whatever was noted here.
  return [...held.filter(({ store, profile, record }) => store !== current || !isKey(profile, record)), ...there];
}

/** Undefined where the store cannot be asked. */
async function sharedEntries(shelf: Pick<Shelf, 'open'>, store: string): Promise<readonly Entry[] | undefined> {
  try {
    const ids = await (await shelf.open(store)).list();
    return ids.flatMap((id) => {
      const named = readSharedId(id);
      return named ? [{ ...named, store }] : [];
    });
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 7) return undefined;
    throw error;
  }
}
