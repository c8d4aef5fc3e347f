import type { HeldLock } from '../system/types.ts';

/**
 * Where secret values rest. Ids are `HOME/PROFILE/RECORD`, made by the vault; each part is of `SAFE_NAME`
 * (system/names.ts), so it is a file name as it stands.
 * Every member throws `store_unavailable` where the store is not there and `store_locked` where it is locked;
 * a missing item is a value: `undefined`, `false`.
 */
export interface SecretStore {
  get(id: string): Promise<string | undefined>;
  /** Creates or replaces. */
  set(id: string, value: string): Promise<void>;
  /** False where there was none. */
  delete(id: string): Promise<boolean>;
  /** Ids kept here; the keychain cannot be listed, so it is given the ledger's index. */
  list(): Promise<readonly string[]>;
}

/** A small text, and the version of its last write. */
export interface SharedDocument {
  readonly name: string;
  readonly text: string;
  readonly version: string;
}

/**
 * What a store that several machines use holds besides secrets: documents, and locks that end with their holder. Names
 * are paths whose steps are of `SAFE_NAME`. What is written under a lock holds only while that lock does: each write
 * throws `conflict` where a lock was lost that the work at hand runs under.
 */
export interface SharedSpace {
  get(name: string): Promise<SharedDocument | undefined>;
  /** All below a folder, at any depth, in the order of their names. */
  list(folder: string): Promise<readonly SharedDocument[]>;
  /** Its new version; undefined where it is not at `version` any more (undefined: is not to be there yet). */
  put(name: string, text: string, version: string | undefined): Promise<string | undefined>;
  /** False where it is not at `version` any more. */
  remove(name: string, version: string): Promise<boolean>;
  /**
   * Runs `work` as the only holder of a lock on any machine. A holder that died loses it within 10 s. Waits up to `wait`
   * ms (default 30 s), then throws `conflict`. Not reentrant.
   */
  with<T>(name: string, work: (lock: HeldLock) => Promise<T>, options?: { wait?: number }): Promise<T>;
  /** Whether somebody, anywhere, holds that lock now. */
  isHeld(name: string): Promise<boolean>;
  /** A text that only who may read the secrets here can have written, for the document `name`. */
  seal(name: string, text: string): Promise<string>;
  /** Throws `store_unavailable` and `store_locked` where it is none, or another document's. */
  unseal(name: string, sealed: string): Promise<string>;
}

export interface StoreState {
  /** There, unlocked, usable now. */
  readonly available: boolean;
  /** Outlives a reboot; null where that cannot be told. */
  readonly persistent: boolean | null;
  /** One line for a person: which backend, where, or what is missing. */
  readonly detail: string;
}

/** What a store may use of the machine. Paths are absolute. */
export interface StorePorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configDir: string;
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
  /** Folder of the `age` store, where one was chosen with `store use age --dir`. */
  readonly dir?: string | undefined;
  /** For stores on the network: milliseconds for an attempt, and one line an exchange for `--verbose`. */
  readonly net?: { readonly timeout?: number | undefined; readonly note?: ((line: string) => void) | undefined };
  /** Ids known to the ledger's index for this store. */
  index(): Promise<readonly string[]>;
}

/** One kind of store. File name, `id`, `--store` value and heading in the docs are one word. */
export interface StoreKind {
  readonly id: string;
  readonly title: string;
  readonly readOnly: boolean;
  /** Cheap: nothing native, no network, no file is touched before the first call of a member. */
  open(ports: StorePorts): SecretStore;
  /** Never throws for a store that is not there: says so. */
  inspect(ports: StorePorts): Promise<StoreState>;
  /** Only stores for several machines: what they share. As cheap as `open`. */
  share?(ports: StorePorts): SharedSpace;
  /** Makes what the store needs (an identity), for `store use`. */
  prepare?(ports: StorePorts, options: { dir?: string | undefined }): Promise<void>;
}
