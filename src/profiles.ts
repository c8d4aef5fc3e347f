/**
 * Profiles and preferences: `config/config.json`, read by hand on hot paths, written by `conf` under a lock. A broken
 * file is `bad_config_file` with its path and position, and is never overwritten.
 */
import type { LoginMethodId } from './auth/types.ts';

export interface Profile {
  readonly name: string;
  readonly provider: string;
  readonly url?: string | undefined;
  readonly mcpUrl?: string | undefined;
  readonly org?: string | undefined;
  readonly method?: LoginMethodId | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly audience?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly sign?: boolean | undefined;
  /** `generic` only: `NAME` or `NAME: SCHEME`. */
  readonly header?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly keyPattern?: string | undefined;
  /** A local server's command line, word by word, and the variable that takes the key. */
  readonly command?: readonly string[] | undefined;
  readonly variable?: string | undefined;
}

export interface Profiles {
  list(): readonly Profile[];
  get(name: string): Profile | undefined;
  defaultName(): string | undefined;
  /** Creates or replaces. The first profile becomes the default. */
  save(profile: Profile): Promise<void>;
  remove(name: string): Promise<boolean>;
  use(name: string): Promise<void>;
  /**
   * The profile in use: `named` (`-p`, the ref's), `MCPKEY_PROFILE`, `profile use`, the only one.
   * Throws `usage` with the names where several fit, `not_found` with the nearest name, `not_found` where there is none.
   */
  inUse(named?: string): Profile;
  preference(name: 'store' | 'ageDir' | 'homeId'): string | undefined;
  setPreference(name: 'store' | 'ageDir' | 'homeId', value: string): Promise<void>;
}
