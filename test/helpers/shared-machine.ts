import { createLedger, type Ledger } from '../../src/ledger.ts';
import { createSharedLedger } from '../../src/shared/ledger.ts';
import type { SharedSpace } from '../../src/stores/types.ts';
import { createLocks } from '../../src/system/locks.ts';
import { resolvePaths } from '../../src/system/paths.ts';
import type { Locks, Paths } from '../../src/system/types.ts';

export interface SharedMachine {
  readonly ledger: Ledger;
  /** What this machine alone knows. */
  readonly local: Ledger;
  readonly paths: Paths;
  readonly locks: Locks;
}

/** The ledger of a machine called `host` with its home at `dir`, over a space that others share. */
export function sharedMachine(space: SharedSpace, dir: string, host: string): SharedMachine {
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  const locks = createLocks({ dir: paths.locks });
  const now = () => Date.now();
  const local = createLedger({ paths, locks, now, host, user: 'ann', env: {} });
  const author = { actor: 'ann', host, run: null, now };
  return { ledger: createSharedLedger({ space, store: 'memory', local, paths, locks, author }), local, paths, locks };
}
