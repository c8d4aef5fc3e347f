import { join } from 'node:path';
import { createLedger, type KeyRecord, type Ledger } from '../../src/ledger.ts';
import { createLocks } from '../../src/system/locks.ts';
import { resolvePaths } from '../../src/system/paths.ts';

/** A key's record as a command makes it, with `changes` laid over it. */
export function keyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    profile: 'stock',
    provider: 'stock-data',
    name: 'ci',
    id: '42',
    label: 'ci',
    prefix: 'sk-a1b2',
    scopes: [],
    createdAt: '2026-11-20T10:00:00.000Z',
    expiresAt: null,
    lastUsedAt: null,
    status: 'active',
    metadata: {},
    allowedIps: [],
    placements: [],
    previous: null,
    secret: null,
    origin: null,
    mark: null,
    host: 'laptop',
    assisted: false,
    ...changes,
  };
}

/** The ledger of the home at `dir`. */
export function ledgerAt(dir: string, env: Readonly<Record<string, string>> = {}): Ledger {
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  const locks = createLocks({ dir: join(paths.locks) });
  return createLedger({
    paths,
    locks,
    now: () => Date.parse('2026-11-21T12:00:00Z'),
    host: 'laptop',
    user: 'ann',
    env,
  });
}
