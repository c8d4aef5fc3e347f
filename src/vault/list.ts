import { UserError } from '../errors.ts';
import type { SecretPlace, SecretPlaces } from './places.ts';
import { isSharedId, readSharedId } from './sealed.ts';
import type { Shelf } from './shelf.ts';

type Entry = Pick<SecretPlace, 'profile' | 'record' | 'store'>;

/** Every record by store: those that this machine put somewhere, and all that are in the shared store, where that is the current one. */
export async function secretIndex(
  places: Pick<SecretPlaces, 'all'>,
  shelf: Pick<Shelf, 'current' | 'isShared' | 'open'>,
): Promise<readonly Entry[]> {
  const held = places.all();
  const current = await shelf.current();
  const there = (await shelf.isShared(current)) ? await sharedEntries(shelf, current) : undefined;
  // What another machine took away is not there any more, whatever was noted here.
  const own = there ? held.filter(({ store, id }) => store !== current || !isSharedId(id)) : held;
  return [...own.map(({ profile, record, store }) => ({ profile, record, store })), ...(there ?? [])];
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
