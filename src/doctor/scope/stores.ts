/** The stores that hold something here, each tried. */
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { once } from '../../once.ts';
import { roundTrip } from '../../stores/roundtrip.ts';
import type { StoreKind, StoreState } from '../../stores/types.ts';

export interface StoreAtHand {
  readonly kind: StoreKind;
  /** New secrets go to it. */
  readonly current: boolean;
  readonly secrets: number;
  /** Once, whoever asks first. */
  tried(): Promise<StoreTrial>;
}

export interface StoreTrial extends Omit<StoreAtHand, 'tried'> {
  readonly state: StoreState;
  /** What writing, reading back and deleting ended with; undefined where it went well, or where nothing can be written. */
  readonly error: UserError | undefined;
}

type Parts = Pick<Context, 'vault'>;

/** Characters of a login with a token of each kind; some stores take short values alone. */
const LONG = 6_000;

/** The current one first. Throws `usage` where no such store exists. */
export async function storesAtHand({ vault }: Parts): Promise<readonly StoreAtHand[]> {
  const current = await vault.currentStore();
  const held = await vault.index();
  const ids = [...new Set([current, ...held.map(({ store }) => store)])];
  return Promise.all(
    ids.map(async (id) => {
      const kind = await vault.kind(id);
      const ports = vault.ports(id);
      const secrets = kind.readOnly ? (await ports.index()).length : held.filter(({ store }) => store === id).length;
      const about = { kind, current: id === current, secrets };
      const tried = once(async (): Promise<StoreTrial> => {
        const error = kind.readOnly ? undefined : await faultOf(() => roundTrip(kind.open(ports), LONG));
        // One question at a time: a locked keychain opens a window for each.
        const lost = error !== undefined && !isLossy(error);
        const state = lost ? { available: false, persistent: null, detail: error.message } : await kind.inspect(ports);
        return { ...about, state, error };
      });
      return { ...about, tried };
    }),
  );
}

/**
 * Resolves where the store that holds this record works; throws what its trial ended with. So that a store that is
 * locked is asked once, not by every check.
 */
export async function mustWork(stores: readonly StoreAtHand[], { vault }: Parts, profile: string, record: string) {
  const place = (await vault.index()).find((each) => each.profile === profile && each.record === record);
  const found = stores.find(({ kind, current }) => (place === undefined ? current : kind.id === place.store));
  const trial = await found?.tried();
  if (!trial || trial.state.available || (trial.error && isLossy(trial.error))) return;
  throw trial.error ?? new UserError('store_unavailable', trial.state.detail);
}

/**
 * Whether `error` is what a store's own trial ended with, which `store.available` tells. A single secret that cannot be
 * read, in a store that works, is told by who reads it.
 */
export async function isStoresFault(
  error: UserError,
  { stores }: { stores(): Promise<readonly StoreAtHand[]> },
): Promise<boolean> {
  if (error.exitCode !== 7) return false;
  const known = await stores().catch(() => undefined);
  // Which store there should be cannot be told.
  if (!known) return true;
  const trials = await Promise.all(known.map(({ tried }) => tried()));
  const down = trials.filter(({ state, error: fault }) => !state.available && !(fault && isLossy(fault)));
  // A store for several machines holds the records too.
  return down.some(({ kind, error: fault, state }) => kind.share || (fault?.message ?? state.detail) === error.message);
}

/** Its bytes are not what was written: no other identity opens them. */
export const isDamaged = ({ code, message }: UserError): boolean =>
  code === 'store_unavailable' && message.includes(' is damaged');

/** It is there, and gives back something else than it was given. */
export const isLossy = ({ message }: UserError): boolean => message.includes('give back');

async function faultOf(work: () => Promise<void>): Promise<UserError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
