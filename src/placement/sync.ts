/** Does on this machine what a rotation elsewhere left for it: files that hold the key itself, and hooks. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { keyCredential } from '../keys/credential.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { requireProfile } from '../profiles.ts';
import type { Secret } from '../secret.ts';
import { ownPlacements } from '../shared/placements.ts';
import { HOOK, runHook } from './hook.ts';
import { placeCredential } from './place.ts';
import { rowOf } from './rows.ts';
import { ENV_FILE } from './target.ts';
import type { PlacementReport, PlaceOptions } from './types.ts';
import { holdsKey, waitingForSync } from './waiting.ts';

export interface SyncReport extends PlacementReport {
  /** What could not be done, by key; the rest is done. */
  readonly failed: readonly { readonly ref: string; readonly error: UserError }[];
}

/** From this machine's own record of what it placed. Doing it twice does no harm; without a shared store nothing waits. */
export async function syncPlacements(context: Context): Promise<SyncReport> {
  return eachOf(await waitingForSync(context), refOf, (record) => syncKey(context, record));
}

/** Does `work` for each; what a `UserError` ends is kept for its key, and the next one has its turn. */
async function eachOf<T>(
  items: readonly T[],
  refOfItem: (item: T) => string,
  work: (item: T) => Promise<PlacementReport & Partial<SyncReport>>,
): Promise<SyncReport> {
  const reports: SyncReport[] = [];
  for (const item of items) {
    try {
      reports.push({ failed: [], ...(await work(item)) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      reports.push({ ...NOTHING, failed: [{ ref: refOfItem(item), error }] });
    }
  }
  return {
    changes: reports.flatMap(({ changes }) => changes),
    warnings: reports.flatMap(({ warnings }) => warnings),
    failed: reports.flatMap(({ failed }) => failed),
    id: undefined,
  };
}

const NOTHING: PlacementReport = { changes: [], warnings: [], id: undefined };

/** Files first, then hooks, each for itself: what fails keeps no other on a key that may be dead by now. */
async function syncKey(context: Context, record: KeyRecord): Promise<SyncReport> {
  const own = ownPlacements(context.paths.ledger, context.locks);
  const { placements } = await own.read(record);
  const profile = requireProfile(context.profiles.list(), record.profile);
  const { provider } = await context.connect(profile);
  const credential = keyCredential(context, { profile, record }, provider);
  const value = await credential.read();
  const mine = placements.filter(holdsKey);
  const files = mine.filter(({ client }) => client !== HOOK);
  const hooks = mine.filter(({ client }) => client === HOOK);
  const ref = refOf(record);
  const report = await eachOf(
    [...files, ...hooks],
    () => ref,
    (placement) =>
      placement.client === HOOK
        ? handTo(context, placement, record, value)
        : placeCredential(context, credential, [placement.client], optionsOf(placement)),
  );
  // As it is after the files were written, which is a change of the placements as well.
  if (report.failed.length === 0) await own.write(record, { ...(await own.read(record)), secret: record.secret });
  return report;
}

async function handTo(
  context: Context,
  placement: Placement,
  record: KeyRecord,
  value: Secret,
): Promise<PlacementReport> {
  if (placement.host !== context.host) return NOTHING;
  await runHook(context, placement, { ref: refOf(record), newId: record.id, again: 'mcpkey sync' }, value);
  const row = rowOf(placement, { id: HOOK, reload: 'the command got the new key' }, { changed: true, diff: '' });
  return { changes: [row], warnings: [], id: undefined };
}

/** What makes the same entry again. */
function optionsOf({ client, path, server, scope, dir, variable }: Placement): PlaceOptions {
  const common = { mode: 'plain', command: 'sync' } as const;
  if (client === ENV_FILE) return { ...common, file: path, variable: server };
  return { ...common, scope, name: server, dir: dir ?? undefined, variable: variable ?? undefined };
}
