/** What a command may use. Types only; setup.ts builds the real one, each part on first use. */
import type { Gate } from './api/gate.ts';
import type { LoginMethod, LoginMethodId } from './auth/types.ts';
import type { Client } from './clients/types.ts';
import type { Io } from './io.ts';
import type { Ledger } from './ledger.ts';
import type { Profile, Profiles } from './profiles.ts';
import type { ApiCall, Provider, ProviderEntry } from './providers/types.ts';
import type { Secret } from './secret.ts';
import type { SharedSpace, StoreKind } from './stores/types.ts';
import type { Locks, Paths } from './system/types.ts';
import type { Vault } from './vault.ts';

/** What several machines share, and the id of the store that holds it. */
export interface Shared {
  readonly store: string;
  readonly space: SharedSpace;
}

export type Env = Readonly<Record<string, string | undefined>>;

export interface GlobalOptions {
  readonly profile: string | undefined;
  readonly json: boolean;
  /** Never prompt: `--no-input`, no TTY on stdin, or `CI`. */
  readonly noInput: boolean;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly store: string | undefined;
  /** Milliseconds for each attempt; undefined: the command's default (30 s). */
  readonly timeout: number | undefined;
  /** Milliseconds; undefined: the command's default (60 s). */
  readonly maxWait: number | undefined;
}

/** A provider, its profile, and the way to it. */
export interface Connection {
  readonly profile: Profile;
  readonly provider: Provider;
  /** Sends requests of this profile's key API. */
  readonly call: ApiCall;
}

/** How requests to the key API are sent, where the command's own way is not meant. */
export interface ConnectionChoice {
  /** Longest wait that a limit may ask for, in ms. */
  readonly maxWait?: number | undefined;
  /** Ms that an attempt may take, and how many there are. */
  readonly timeout?: number | undefined;
  readonly attempts?: number | undefined;
  /** What ends its requests; the command's own interruption where absent. */
  readonly signal?: AbortSignal | undefined;
  /** Shared by all who send to this service at once. */
  readonly gate?: Gate | undefined;
}

export interface Context {
  readonly io: Io;
  readonly env: Env;
  readonly options: GlobalOptions;
  readonly paths: Paths;
  readonly locks: Locks;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Machine's name: `MCPKEY_MACHINE`, else the host's. */
  readonly host: string;
  readonly user: string;
  readonly cwd: string;
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Obeys proxy variables, extra CAs, `--timeout`, `--verbose`. */
  fetch: typeof fetch;
  readonly profiles: Profiles;
  readonly ledger: Ledger;
  readonly vault: Vault;
  /** What machines share, where the current store is for several of them. */
  shared(): Promise<Shared | undefined>;
  providers(): Promise<readonly ProviderEntry[]>;
  /** Throws `not_found` with the nearest id. */
  provider(id: string): Promise<ProviderEntry>;
  connect(profile: Profile, choice?: ConnectionChoice): Promise<Connection>;
  /** The session's access token of a profile, renewed where needed (one process at a time). Throws `not_logged_in`. */
  accessToken(profile: Profile, options?: { renew?: boolean; attempts?: number }): Promise<Secret>;
  login(id: LoginMethodId): Promise<LoginMethod>;
  readonly loginIds: readonly LoginMethodId[];
  stores(): Promise<readonly StoreKind[]>;
  clients(): Promise<readonly Client[]>;
  /** Throws `not_found` with the nearest id. */
  client(id: string): Promise<Client>;
  /** Opens an http(s) page in the browser; false where there is none. */
  openPage(url: string): Promise<boolean>;
  /** Puts `value` on the clipboard and clears it after `seconds`. Throws `unsupported` where there is none. */
  copyForAWhile(value: Secret, seconds: number): Promise<void>;
}
