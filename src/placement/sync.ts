/** Does on this machine what a rotation elsewhere left for it: files that hold the key itself, and hooks. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { keyCredential } from '../keys/credential.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { requireProfile } from '../profiles.ts';
import { ownPlacements } from '../shared/placements.ts';
import { HOOK, runHook } from './hook.ts';
import { placeCredential } from './place.ts';
import { ENV_FILE } from './target.ts';
import type { PlacementChange, PlacementReport, PlaceOptions } from './types.ts';
import { holdsKey, waitingForSync } from './waiting.ts';

export interface SyncReport extends PlacementReport {
  /** What could not be done, by key; the others are done. */
  readonly failed: readonly { readonly ref: string; readonly error: UserError }[];
}

/** From this machine's own record of what it placed. Doing it twice does no harm; without a shared store nothing waits. */
export async function syncPlacements(context: Context): Promise<SyncReport> {
  const changes: PlacementChange[] = [];
  const warnings: string[] = [];
  const failed: { ref: string; error: UserError }[] = [];
  for (const record of await waitingForSync(context)) {
    try {
      const report = await syncKey(context, record);
      changes.push(...report.changes);
      warnings.push(...report.warnings);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failed.push({ ref: refOf(record), error });
    }
  }
  return { changes, warnings, failed, id: undefined };
}

async function syncKey(context: Context, record: KeyRecord): Promise<PlacementReport> {
  const own = ownPlacements(context.paths.ledger, context.locks);
  const { placements } = await own.read(record);
  const profile = requireProfile(context.profiles.list(), record.profile);
  const { provider } = await context.connect(profile);
  const credential = keyCredential(context, { profile, record }, provider);
  const changes: PlacementChange[] = [];
  const warnings: string[] = [];
  for (const placement of placements.filter(holdsKey)) {
    if (placement.client === HOOK) {
      await runHook(context, placement, { ref: refOf(record), newId: record.id }, await credential.read());
      continue;
    }
    const report = await placeCredential(context, credential, [placement.client], optionsOf(placement));
    changes.push(...report.changes);
    warnings.push(...report.warnings);
  }
  // As it is after the files were written, which is a change of the placements as well.
  await own.write(record, { ...(await own.read(record)), secret: record.secret });
  return { changes, warnings, id: undefined };
}

/** What makes the same entry again. */
function optionsOf({ client, path, server, scope, dir, variable }: Placement): PlaceOptions {
  const common = { mode: 'plain', command: 'sync' } as const;
  if (client === ENV_FILE) return { ...common, file: path, variable: server };
  return { ...common, scope, name: server, dir: dir ?? undefined, variable: variable ?? undefined };
}
