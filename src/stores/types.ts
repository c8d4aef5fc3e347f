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
  /** Makes what the store needs (an identity), for `store use`. */
  prepare?(ports: StorePorts, options: { dir?: string | undefined }): Promise<void>;
}
