/**
 * What mcpkey knows that is no secret: keys, placements, history. One file a key below `data/ledger`; the history is
 * appended to `state/log`. Every write is atomic and locked, so processes that write at once lose nothing.
 */
import type { ClientScope, PlaceMode } from './clients/types.ts';
import { createBindings } from './ledger/bindings.ts';
import { fileDocuments } from './ledger/files.ts';
import { type Author, createHistory } from './ledger/history.ts';
import { createRecords } from './ledger/records.ts';
import type { Locks, Paths } from './system/types.ts';

export interface Placement {
  /** Client id, `env-file` or `hook`. */
  readonly client: string;
  readonly path: string;
  /** The server's name in that client. */
  readonly server: string;
  readonly mode: PlaceMode;
  readonly host: string;
  readonly scope: ClientScope;
  /** Project folder of `project` and `local` scope. */
  readonly dir: string | null;
  readonly variable: string | null;
  readonly placedAt: string;
  /** SHA-256 of the entry as written, to tell whether someone edited it. */
  readonly digest: string;
  /** Paths of the members that mcpkey wrote, which alone `digest` is of; without them it is of the whole entry. */
  readonly fields?: readonly (readonly string[])[] | undefined;
  /** What the placing made besides the entry, so that `unplace` takes it out again. */
  readonly made: {
    readonly file: boolean;
    readonly tables: readonly (readonly string[])[];
    /** Blanks and comments that the nearest table held when it held nothing else. */
    readonly interior?: string | undefined;
    /** Folders that were made for the file, outermost first. */
    readonly folders?: readonly string[] | undefined;
  };
  /** An entry that mcpkey had not made stood there, and was replaced by force. */
  readonly replaced?: boolean | undefined;
}

/** The key before, while it lives on after a rotation. */
export interface PreviousKey {
  readonly id: string;
  /** RFC 3339 UTC; null: a person must revoke it. */
  readonly revokeAt: string | null;
  /** Its record in the vault. */
  readonly secret: string | null;
  readonly label?: string | undefined;
  /** The service ends it by itself at `revokeAt`. */
  readonly lapses?: boolean | undefined;
}

export interface KeyRecord {
  readonly profile: string;
  readonly provider: string;
  readonly name: string;
  readonly id: string;
  readonly label: string;
  readonly prefix: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly status: 'active' | 'expired' | 'revoked' | 'unknown';
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
  readonly placements: readonly Placement[];
  readonly previous: PreviousKey | null;
  /** Record of the secret in the vault; null where none is kept here. A new value means a new record. */
  readonly secret: string | null;
  /** Origin that the secret may go to. */
  readonly origin: string | null;
  /** Term asked for at creation, in ms; null: never; undefined: not chosen. A rotation repeats it. */
  readonly lifetime?: number | null | undefined;
  readonly mark: string | null;
  /** Host that made or imported it here. */
  readonly host: string;
  readonly assisted: boolean;
}

export interface HistoryEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly host: string;
  /** The CI run's address, or null. */
  readonly run: string | null;
  readonly command: string;
  readonly ref: string | null;
  readonly oldId: string | null;
  readonly newId: string | null;
  readonly provedAt: string | null;
  readonly oldRefusedAt: string | null;
  readonly outcome: 'done' | 'failed' | 'partial';
  readonly undoable: boolean;
  /** SHA-256 over the entry before and this one: the chain that `log --verify` checks. */
  readonly hash: string;
}

export type NewHistoryEntry = Pick<HistoryEntry, 'command'> & Partial<Omit<HistoryEntry, 'hash' | 'command'>>;

export interface Ledger {
  /** `local`: without the network, as a shared store was seen last. */
  keys(profile?: string, options?: { local?: boolean }): Promise<readonly KeyRecord[]>;
  key(profile: string, name: string): Promise<KeyRecord | undefined>;
  /** Throws `conflict` where the name is taken. */
  add(record: KeyRecord): Promise<void>;
  /** Reads, changes and writes under the key's lock. Throws `not_found`. */
  update(profile: string, name: string, change: (record: KeyRecord) => KeyRecord): Promise<KeyRecord>;
  remove(profile: string, name: string): Promise<boolean>;
  /** File whose change (mtime, inode) says that a key's secret may be another: proxies look at it. */
  generationFile(profile: string, name: string): string;
  /** Appends to the history; fills in id, time, actor, host and run. */
  record(entry: NewHistoryEntry): Promise<HistoryEntry>;
  history(): Promise<readonly HistoryEntry[]>;
  /** Id of the first entry whose hash does not fit, or undefined. */
  verifyHistory(): Promise<string | undefined>;
  /** Which of this machine's keys a project's server uses. */
  binding(project: string, server: string): Promise<{ ref: string; dir: string } | undefined>;
  /** Throws `conflict` where another folder of this project name wants another key. */
  bind(project: string, server: string, binding: { ref: string; dir: string }): Promise<void>;
  unbind(project: string, server: string): Promise<void>;
}

export interface LedgerPorts {
  readonly paths: Pick<Paths, 'ledger' | 'log'>;
  readonly locks: Locks;
  /** Milliseconds since 1970. */
  now(): number;
  readonly host: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Touches no file before a member is called. */
export function createLedger(ports: LedgerPorts): Ledger {
  const { paths, locks } = ports;
  return {
    ...createRecords(fileDocuments(paths.ledger, locks)),
    ...createBindings(paths.ledger, locks),
    ...createHistory(paths.log, locks, authorOf(ports)),
  };
}

/** Who writes to the history. */
export const authorOf = ({ now, host, user: actor, env }: Omit<LedgerPorts, 'paths' | 'locks'>): Author => ({
  now,
  host,
  actor,
  run: ciRun(env),
});

/** Address of the CI run that we are part of: GitHub Actions, GitLab CI. */
function ciRun(env: LedgerPorts['env']): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (server && repository && run) return `${server}/${repository}/actions/runs/${run}`;
  return env.CI_JOB_URL || null;
}
