import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';
import type { Profiles } from '../profiles.ts';
import { environmentKeys } from '../stores/environment-keys.ts';
import { findStore, STORES, type StoreTable, sharesKeys } from '../stores/index.ts';
import type { SecretStore, StoreKind, StorePorts } from '../stores/types.ts';
import { encodeName } from '../system/names.ts';
import type { Locks, Paths } from '../system/types.ts';
import { homeId } from './home.ts';
import type { SecretPlaces } from './places.ts';
import { isSharedId, resealSecret, sealedStore, sharedId } from './sealed.ts';

export interface ShelfParts {
  readonly paths: Pick<Paths, 'config' | 'data' | 'ledger'>;
  readonly locks: Pick<Locks, 'with'>;
  readonly env: StorePorts['env'];
  readonly platform: NodeJS.Platform;
  readonly profiles: Pick<Profiles, 'list' | 'preference'>;
  /** `--store`. */
  readonly store: string | undefined;
  /** Where a profile's keys go, by its encoded name; null: to a local server. Asked for secrets that machines share. */
  readonly origin?: (profile: string) => Promise<string | null>;
  /** For stores on the network. */
  readonly net?: StorePorts['net'];
  /** The built-in ones by default. */
  readonly stores?: StoreTable;
}

/** The stores that this machine may use, and which of them is the current one. */
export interface Shelf {
  /** Throws `usage` with the nearest id. */
  kind(store: string): Promise<StoreKind>;
  ports(store: string): StorePorts;
  open(store: string): Promise<SecretStore>;
  current(): Promise<string>;
  /** True where other machines read what is kept there. */
  isShared(store: string): Promise<boolean>;
  /**
   * The id of a record in a store; makes the home's own id with the first. Keys in a shared store have one that every
   * machine knows, logins never. `known` is an id of the record in another store.
   */
  idOf(store: string, profile: string, record: string, known?: string): Promise<string>;
  /** Binds a secret to where its profile's keys go now; a person has agreed to that. */
  reseal(store: string, id: string): Promise<void>;
  fromEnvironment(profile: string, record: string): Promise<string | undefined>;
}

const DEFAULT_STORE = 'keychain';
/** Record of a profile's session. */
export const LOGIN = 'login';

/** What is a key, and may be for several machines: neither a login nor a secret of this home's own, as `undo` has one. */
export const isKey = (profile: string, record: string): boolean => record !== LOGIN && !profile.startsWith('@');

export function createShelf(parts: ShelfParts, places: Pick<SecretPlaces, 'all'>): Shelf {
  const { paths, env, platform, profiles } = parts;
  const stores = parts.stores ?? STORES;

  async function kind(id: string): Promise<StoreKind> {
    const load = findStore(stores, id);
    if (load) return load();
    const known = Object.keys(stores);
    throw new UserError('usage', withNearest(`There is no store "${id}".`, id, known), {
      hint: `Choose one of: ${known.join(', ')}`,
    });
  }

  /** The environment is read, never written, so the index has nothing of it. */
  function environmentIds(): readonly string[] {
    const names = profiles.list().map((profile) => profile.name);
    return environmentKeys(env, names).map((key) => environmentId(key.profile, key.record));
  }

  const ports = (store: string): StorePorts => ({
    env,
    configDir: paths.config,
    dataDir: paths.data,
    platform,
    dir: profiles.preference('ageDir'),
    ...(parts.net ? { net: parts.net } : {}),
    async index() {
      if (store === 'env') return environmentIds();
      return places.all().flatMap((place) => (place.store === store || place.also.includes(store) ? [place.id] : []));
    },
  });
  /** One of each: an open store may hold a connection. */
  const opened = new Map<string, SecretStore>();
  async function open(store: string): Promise<SecretStore> {
    const loaded = await kind(store);
    const usable = opened.get(store) ?? usableStore(loaded, ports(store));
    opened.set(store, usable);
    return usable;
  }
  const origin = parts.origin ?? (async () => null);
  const usableStore = (loaded: StoreKind, given: StorePorts): SecretStore =>
    loaded.share ? sealedStore(loaded.open(given), origin) : loaded.open(given);
  const isShared = async (store: string) => sharesKeys(store, ports(store));

  return {
    kind,
    ports,
    open,
    async current() {
      const chosen = parts.store ?? (env.MCPKEY_STORE || profiles.preference('store') || DEFAULT_STORE);
      return (await kind(chosen)).id;
    },
    isShared,
    async idOf(store, profile, record, known) {
      if (isKey(profile, record) && (await isShared(store))) return sharedId(profile, record);
      if (known !== undefined && !isSharedId(known)) return known;
      return `${await homeId(paths.config)}/${encodeName(profile)}/${encodeName(record)}`;
    },
    reseal: async (store, id) => resealSecret((await kind(store)).open(ports(store)), id, origin),
    fromEnvironment: async (profile, record) => (await open('env')).get(environmentId(profile, record)),
  };
}

function environmentId(profile: string, record: string): string {
  return `env/${encodeName(profile)}/${record}`;
}
