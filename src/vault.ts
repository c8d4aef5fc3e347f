/**
 * Secrets and sessions, typed, over the stores. Each secret's record names its store; the record is written before the
 * secret, so that nothing is ever in a store unknown to us. `set` reads back what it wrote.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from './auth/types.ts';
import { type Secret, secret } from './secret.ts';
import { isEnvironmentRecord } from './stores/environment-keys.ts';
import { roundTrip } from './stores/roundtrip.ts';
import type { StoreKind, StorePorts } from './stores/types.ts';
import { knownHomeId } from './vault/home.ts';
import { secretIndex } from './vault/list.ts';
import { createPlaces } from './vault/places.ts';
import { createSafekeeping } from './vault/safekeeping.ts';
import { readSession, writeSession } from './vault/session.ts';
import { createShelf, LOGIN, type ShelfParts } from './vault/shelf.ts';

export interface Vault {
  /** Id of the store that new secrets go to: `--store`, `MCPKEY_STORE`, `store use`, else `keychain`. */
  currentStore(): Promise<string>;
  /**
   * Throws `store_unavailable` or `store_locked`, so that nothing is asked of a service first. `held`: the store that
   * holds this one, else the one for new secrets.
   */
  ready(held?: { readonly profile: string; readonly record: string }): Promise<void>;
  /** Writes a new secret, reads it back, and returns its record's name. */
  keep(profile: string, value: Secret, record?: string): Promise<string>;
  read(profile: string, record: string): Promise<Secret | undefined>;
  forget(profile: string, record: string): Promise<boolean>;
  session(profile: string): Promise<Session | undefined>;
  /**
   * Into the store that holds the profile's session already, so that a renewed token never gets lost between two stores;
   * `fresh`, after a login, into the current one.
   */
  saveSession(profile: string, session: Session, options?: { fresh?: boolean }): Promise<void>;
  forgetSession(profile: string): Promise<boolean>;
  /** Every record by store, from the index alone. */
  index(): Promise<readonly { profile: string; record: string; store: string }[]>;
  /** File whose change (mtime, inode) says that the profile's session may be another. */
  sessionFile(profile: string): string;
  /** What a store may use, with the ids that the index knows of it. */
  ports(store: string): StorePorts;
  /** A kind of store by its id; throws `usage` with the nearest one. */
  kind(store: string): Promise<StoreKind>;
  /**
   * Copies a secret to another store, reads it back there, then deletes the old one; false where it was there already.
   * Cut off at any point it is never lost, and a repeat ends it.
   */
  move(profile: string, record: string, to: string): Promise<boolean>;
  /** Lets a secret that machines share go where its profile's keys go now; a person has agreed to that. */
  reseal(profile: string, record: string): Promise<void>;
}

/** A name for the record of a new secret, for those who must know it before the secret is kept. */
export const newSecretRecord = (): string => randomBytes(8).toString('hex');

/** Touches nothing before a member is called. */
export function createVault(parts: ShelfParts): Vault {
  const places = createPlaces(parts.paths.ledger);
  const shelf = createShelf(parts, places);
  const secrets = createSafekeeping({ places, shelf, locks: parts.locks });

  return {
    currentStore: shelf.current,
    ports: shelf.ports,
    kind: shelf.kind,
    move: secrets.move,
    async ready(held) {
      await knownHomeId(parts.paths.config);
      const store = held && places.get(held.profile, held.record)?.store;
      await roundTrip(await shelf.open(store ?? (await shelf.current())));
    },
    async keep(profile, value, record = newSecretRecord()) {
      await secrets.save({ profile, record, store: await shelf.current() }, value.reveal());
      return record;
    },
    async read(profile, record) {
      const value = isEnvironmentRecord(record)
        ? await shelf.fromEnvironment(profile, record)
        : await secrets.read(profile, record);
      return value === undefined ? undefined : secret(value);
    },
    forget: secrets.forget,
    async session(profile) {
      const text = await secrets.read(profile, LOGIN);
      return text === undefined ? undefined : readSession(text);
    },
    async saveSession(profile, session, options = {}) {
      const holder = options.fresh ? undefined : places.get(profile, LOGIN)?.store;
      const store = holder ?? (await shelf.current());
      await secrets.save({ profile, record: LOGIN, store }, writeSession(session));
    },
    forgetSession: (profile) => secrets.forget(profile, LOGIN),
    sessionFile: (profile) => places.file(profile, LOGIN),
    index: () => secretIndex(places, shelf),
    async reseal(profile, record) {
      const store = places.get(profile, record)?.store ?? (await shelf.current());
      if (await shelf.isShared(store)) await shelf.reseal(store, await shelf.idOf(store, profile, record));
    },
  };
}
