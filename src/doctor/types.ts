/** The contract of a check: one file, one id, one page. */
import type { Search } from '../adopt/find.ts';
import type { Connection, Context } from '../context.ts';
import type { KeyRecord } from '../ledger.ts';
import type { LocatedPlacement } from '../placement/unplace.ts';
import type { Profile } from '../profiles.ts';
import type { CheckId } from './ids.ts';
import type { ProbeAnswer } from './scope/answers.ts';
import type { ClientState } from './scope/clients.ts';
import type { Reach } from './scope/reach.ts';
import type { RemoteList } from './scope/remote.ts';
import type { Started } from './scope/started.ts';
import type { StoreAtHand } from './scope/stores.ts';

export type { CheckId } from './ids.ts';

/** `skipped`: there is nothing to look at, or what it needs is itself at fault and told by another check. */
export type CheckState = 'ok' | 'warning' | 'error' | 'skipped';

/** What was found about one subject. */
export interface Observation {
  readonly state: CheckState;
  /** What was seen, in one line; never a secret. */
  readonly seen: string;
  /** A command that mends it as it stands there, or else what to do in words; null where there is nothing to do. */
  readonly fix: string | null;
  /** What the service itself advises. */
  readonly advice?: string | undefined;
}

export interface Finding extends Observation {
  /** Mends it without harm; resolves to what was done, in one line. Throws `UserError` where it cannot. */
  readonly mend?: (() => Promise<string>) | undefined;
}

/** One subject of a check, and how it is looked at. What `look` throws becomes a finding. */
export interface Look {
  /** The key ref, the profile, the client's id, the store's; `-` where there is none. */
  readonly subject: string;
  look(): Promise<Finding>;
}

export interface Check {
  readonly id: CheckId;
  readonly title: string;
  /** What it looks at, and how. */
  readonly looksAt: string;
  /** What each state means, for those that it has besides `ok`. */
  readonly warning?: string;
  readonly error?: string;
  /** What to do, in this order. */
  readonly remedies: readonly string[];
  /** What `--fix` does, where that is something. */
  readonly fixes?: string;
  /** Throws `bad_config_file` where a file of ours is broken: then there is nothing to look at. */
  looks(scope: Scope): Promise<readonly Look[]>;
}

/** What the checks look at. Each part is looked up once, when the first check asks, and shared by all. */
export interface Scope {
  /** Its signal ends with the run. */
  readonly context: Context;
  /** Milliseconds after which a key is old. */
  readonly maxAge: number;
  /** Histories too. */
  readonly deep: boolean;
  /** Milliseconds after which a look is given up. */
  readonly limit: number;
  /** Keys of this machine that are not revoked. */
  keys(): Promise<readonly KeyRecord[]>;
  connection(profile: Profile): Promise<Connection>;
  /** What the service lists. */
  remote(profile: Profile): Promise<RemoteList>;
  reach(profile: Profile): Promise<Reach>;
  /** The probe of a key or login. */
  answer(ref: string): Promise<ProbeAnswer>;
  stores(): Promise<readonly StoreAtHand[]>;
  /** To be awaited before a secret is read. Throws `store_unavailable`, `store_locked` as the store's trial did. */
  usable(profile: string, record: string): Promise<void>;
  /** Clients that are on this machine, or have a placement, and have a file here. */
  clients(): Promise<readonly ClientState[]>;
  /** What this machine placed, env files and hooks among it. */
  placements(): Promise<readonly LocatedPlacement[]>;
  /** Refs of keys that another machine rotated; files or hooks of this one still have the secret of before. */
  toSync(): Promise<ReadonlySet<string>>;
  /** Credentials in clear in the clients' files. */
  clear(): Promise<Search>;
  /** What programs that the desktop starts find in their environment. */
  variables(): Promise<ReadonlyMap<string, string>>;
  /** A placed command started as a client starts it. */
  started(run: { readonly key: string; start(): Promise<Started> }): Promise<Started>;
}
