/**
 * Secrets and sessions, typed, over the stores. Each secret's record names its store; the record is written before the
 * secret, so that nothing is ever in a store unknown to us. `set` reads back what it wrote.
 */
import type { Session } from './auth/types.ts';
import type { Secret } from './secret.ts';

export interface Vault {
  /** Id of the store that new secrets go to: `--store`, `MCPKEY_STORE`, `store use`, else `keychain`. */
  currentStore(): Promise<string>;
  /** Throws `store_unavailable` or `store_locked`, so that nothing is asked of a service first. */
  ready(): Promise<void>;
  /** Writes a new secret, reads it back, and returns its record name (random). */
  keep(profile: string, value: Secret): Promise<string>;
  read(profile: string, record: string): Promise<Secret | undefined>;
  forget(profile: string, record: string): Promise<boolean>;
  session(profile: string): Promise<Session | undefined>;
  saveSession(profile: string, session: Session): Promise<void>;
  forgetSession(profile: string): Promise<boolean>;
  /** Every record by store, from the index alone. */
  index(): Promise<readonly { profile: string; record: string; store: string }[]>;
}
