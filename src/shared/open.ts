/** Opens what machines share, where the current store is for several of them; loaded with every command, so it loads little. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Shared } from '../context.ts';
import { UserError } from '../errors.ts';
import { deferredLedger } from '../ledger/deferred.ts';
import type { Author } from '../ledger/history.ts';
import type { Ledger } from '../ledger.ts';
import { once } from '../once.ts';
import { isSharedStore } from '../stores/index.ts';
import { encodeName } from '../system/names.ts';
import type { Vault } from '../vault.ts';
import { sharedFiles } from './mirror.ts';

export async function sharedSpace(vault: Vault, store: string | undefined): Promise<Shared | undefined> {
  if (store === undefined || !isSharedStore(store)) return undefined;
  const space = (await vault.kind(store)).share?.(vault.ports(store));
  return space && { store, space };
}

type Parts = Pick<Context, 'paths' | 'locks' | 'profiles' | 'shared'>;

/** The ledger of `store` beside what this machine alone knows; nothing is asked before the first call. */
export function openSharedLedger(
  context: Parts,
  store: string,
  { local, author }: { local: Ledger; author: Author },
): Ledger {
  const load = once(async () => {
    const [{ createSharedLedger }, { shareNewProfile }, shared] = await Promise.all([
      import('./ledger.ts'),
      import('./profiles.ts'),
      context.shared(),
    ]);
    if (!shared) return local;
    const { paths, locks } = context;
    const shareProfile = async (name: string): Promise<void> => {
      const profile = context.profiles.get(name);
      if (profile) await shareNewProfile(shared.space, profile);
    };
    return createSharedLedger({ ...shared, local, paths, locks, author, shareProfile });
  });
  return deferredLedger(load, sharedFiles(local, context.paths.ledger, store));
}

/**
 * The ledger of a folder that a team shares, beside what this machine alone knows. `inUse`: new keys go there; else the
 * folder's keys are known, and new ones are this machine's own.
 */
export function openFolderLedger(
  context: Pick<Context, 'paths' | 'locks' | 'host'>,
  { folder, inUse, local }: { folder: string; inUse: boolean; local: Ledger },
): Ledger {
  const load = once(async () => {
    const [{ withSharedRecords }, { folderRecords }] = await Promise.all([
      import('./ledger.ts'),
      import('./folder.ts'),
    ]);
    const records = folderRecords(context, folder);
    return withSharedRecords(local, records, { store: 'age', addTo: inUse ? records : local });
  });
  return deferredLedger(load, {
    generationFile(profile, name) {
      const file = join(folder, 'shared', encodeName(profile), `${encodeName(name)}.json`);
      return existsSync(file) ? file : local.generationFile(profile, name);
    },
  });
}

/** Where the keys of a profile, by its encoded name, go now: for secrets that must go nowhere else. Throws `not_found`. */
export async function originOf(
  context: Pick<Context, 'profiles' | 'connect'>,
  encoded: string,
): Promise<string | null> {
  const profile = context.profiles.list().find(({ name }) => encodeName(name) === encoded);
  if (!profile) {
    throw new UserError('not_found', `The profile ${decodeURIComponent(encoded)} is not known on this machine.`, {
      hint: 'mcpkey profile list',
    });
  }
  const access = (await context.connect(profile)).provider.mcp('key');
  return access ? new URL(access.url).origin : null;
}
