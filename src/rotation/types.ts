/** Words that all parts of a rotation share. */
import type { Connection, Context } from '../context.ts';
import type { ErrorCode, UserError } from '../errors.ts';
import type { Guide } from '../keys/guide.ts';
import type { KeyRecord } from '../ledger.ts';
import type { PlacementChange } from '../placement/types.ts';
import type { Profile } from '../profiles.ts';
import type { HeldLock } from '../system/types.ts';
import type { LeftRotation, RotationJournal } from './journal.ts';
import type { Planned } from './records.ts';

export type Order = 'create-first' | 'revoke-first';

export interface RotationOptions {
  /** How long the old key lives on, in ms. */
  readonly grace: number;
  /** Undefined: as the service's rules have it. */
  readonly order?: Order | undefined;
  /** A grace longer than the old key lives is shortened instead of refused. */
  readonly shortenGrace?: boolean | undefined;
  /** A command of the system's shell that gets the new secret on stdin. */
  readonly onRotated?: string | undefined;
}

/**
 * `failed`: as it was before. `resumable`: a journal is left, `mcpkey rotate --resume` ends it. `grace`: the old key
 * lives on until `revokeAt`. `awaiting-revoke`: only a person can revoke the old one.
 */
export type RotationState = 'done' | 'grace' | 'awaiting-revoke' | 'failed' | 'resumable' | 'skipped' | 'planned';

export interface RotationResult {
  readonly ref: string;
  readonly oldId: string;
  readonly newId: string | null;
  readonly state: RotationState;
  readonly error: UserError | null;
  /** RFC 3339 UTC. */
  readonly revokeAt: string | null;
  readonly provedAt: string | null;
  readonly oldRefusedAt: string | null;
  /** What a person must know or do; each one line. */
  readonly warnings: readonly string[];
  /** Files that carry the key itself and were written anew. */
  readonly placements: readonly PlacementChange[];
  /** What would be done, for `planned`. */
  readonly steps?: readonly string[] | undefined;
}

export interface RotatingKey {
  readonly profile: Profile;
  readonly record: KeyRecord;
}

export type KeyName = Pick<KeyRecord, 'profile' | 'name'>;

/** Where journals are kept; a shared store keeps them elsewhere. */
export interface RotationJournals {
  begin(first: Planned): Promise<RotationJournal>;
  /** Every rotation that has begun and not ended, of one key or of all, whether somebody works on it or not. */
  left(key?: KeyName): Promise<readonly LeftRotation[]>;
  reopen(left: LeftRotation): Promise<RotationJournal>;
}

/** What a rotation may use besides the context. */
export interface RotationPorts {
  readonly context: Context;
  readonly journals: RotationJournals;
  /** How a person is told to make the new key, and how to revoke an old one. */
  readonly guide: Guide;
  readonly revoking: Guide;
  connect(profile: Profile): Promise<Connection>;
  /** Longest wait that a limit may ask for, in ms. */
  readonly maxWait: number;
  /** Throws `store_unavailable` or `store_locked`. Asked once; each secret is read back all the same. */
  ready(): Promise<void>;
  /** Runs `work` as the only one who rotates this key. Throws `conflict` at once where another does. */
  claim<T>(key: KeyName, work: (lock: HeldLock) => Promise<T>): Promise<T>;
  /** Whether another process is at this key now; nothing is waited for. */
  isClaimed(key: KeyName): Promise<boolean>;
  /** Asks whether the key may be revoked before there is a new one. Throws `usage` where nobody can be asked. */
  agreeToGap(ref: string): Promise<boolean>;
  /** Asks whether an old key is revoked that cannot be tried; absent where nobody came to say so. */
  saysRevoked?(ref: string, id: string): Promise<boolean>;
  /** One line on what happens now. */
  progress(ref: string, line: string): void;
}

/** An error as a journal keeps it. */
export interface KeptError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly provider: string | null;
  readonly status: number | null;
}
