/** A lock held; `verify` throws `conflict` where another took it over, so call it before each write. */
export interface HeldLock {
  verify(): Promise<void>;
}

export interface Locks {
  /** Runs `work` under the named lock (in mcpkey's lock folder). Waits up to `wait` ms, then throws `conflict`. */
  with<T>(name: string, work: (lock: HeldLock) => Promise<T>, options?: { wait?: number }): Promise<T>;
  /** The same for a file of another program, in a folder that every MCPKEY_HOME of this user meets in. */
  withFile<T>(path: string, work: (lock: HeldLock) => Promise<T>, options?: { wait?: number }): Promise<T>;
  /** Whether a process that lives holds the named lock; nothing is taken and nothing waited for. */
  isHeld(name: string): Promise<boolean>;
  /** Removes what processes that are gone left of both kinds. */
  sweep?(): Promise<void>;
}

/** Folders of mcpkey's own; 0700, made when first written to. */
export interface Paths {
  readonly config: string;
  readonly ledger: string;
  readonly age: string;
  readonly undo: string;
  readonly providers: string;
  readonly app: string;
  readonly journals: string;
  readonly locks: string;
  readonly log: string;
  /** Parents of the above, as the platform names them. */
  readonly data: string;
  readonly state: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
