/** Writes a new secret where a file holds the old one itself: all files or none. */

import { readEntry } from '../clients/formats/index.ts';
import { replaceInEntry, replaceInside } from '../clients/formats/replace.ts';
import type { Context } from '../context.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import type { Secret } from '../secret.ts';
import { allPlacements } from './book.ts';
import { changeFiles, type Plan } from './change-files.ts';
import { bytesIn, type Draft, entryDigest, openDraft, planOf } from './draft.ts';
import { isWhole, oursIn } from './fields.ts';
import { HOOK } from './hook.ts';
import { maskedDiff, rowOf } from './rows.ts';
import type { OwnedPlacement, PlacementReport } from './types.ts';
import { type LocatedPlacement, locate } from './unplace.ts';

export interface Renewal {
  /** The key as it is known now, before the new one is current. */
  readonly record: KeyRecord;
  readonly old: Secret | undefined;
  readonly fresh: Secret;
  /** Id and vault record of the new key. */
  readonly next: { readonly id: string; readonly secret: string };
}

const NOTHING: PlacementReport = { changes: [], warnings: [], id: undefined };

/**
 * Only what this machine placed, and only where the key itself stands: other modes ask for the key when they need it.
 * Doing it twice does no harm. Throws as a placement does, with every file as it was.
 */
export async function renewPlacements(context: Context, renewal: Renewal): Promise<PlacementReport> {
  const ref = refOf(renewal.record);
  const mine = renewal.record.placements.filter((placement) => placement.host === context.host);
  const warnings = mine.flatMap(({ mode, variable, path }) =>
    mode === 'env' ? [`${path} takes the key from ${variable ?? 'a variable'}: set it to the new key there.`] : [],
  );
  const elsewhere = renewal.record.placements.filter(({ host, mode }) => host !== context.host && mode === 'plain');
  warnings.push(
    ...elsewhere.map(({ host, path }) => `${path} on ${host} holds the old key until this is run there: mcpkey sync`),
  );
  if (!mine.some(holdsKey)) return { ...NOTHING, warnings };
  const owned = (await allPlacements(context)).filter(
    (each) => each.ref === ref && each.placement.host === context.host && holdsKey(each.placement),
  );
  const located = await Promise.all(owned.map((each) => locate(context, each)));
  const told: string[] = [];
  const plan = async (bytes: ReadonlyMap<string, Buffer | undefined>): Promise<Plan> => {
    told.length = 0;
    const draft = openDraft(bytes, await allPlacements(context));
    for (const each of located) told.push(...(await renewOne(draft, each, renewal)));
    return planOf(draft);
  };
  const paths = located.map((each) => each.realPath);
  const changed = await changeFiles(context, { command: 'rotate', ref, paths, plan });
  return { changes: changed.plan.rows, warnings: [...warnings, ...told, ...changed.warnings], id: changed.id };
}

/** A file does; a hook has handed the key on, and is run again for itself. */
const holdsKey = ({ client, mode }: Placement): boolean => mode === 'plain' && client !== HOOK;

/** Resolves to what there is to say. */
async function renewOne(
  draft: Draft,
  { owned, realPath, place, client }: LocatedPlacement,
  renewal: Renewal,
): Promise<string[]> {
  const { placement } = owned;
  const current = draft.next.find((each) => isSameEntry(each, owned));
  const bytes = bytesIn(draft, realPath);
  const entry = bytes && (await readEntry(bytes, place, placement.server));
  if (!current || bytes === undefined || entry === undefined) return [gone(placement.server, place.path)];
  const [before, after] = [renewal.old?.reveal(), renewal.fresh.reveal()];
  const next =
    before === undefined ? undefined : await replaceInEntry(bytes, place, placement.server, { before, after });
  if (next) draft.files.set(realPath, { path: realPath, format: place.format, after: next, mode: 0o600 });
  const now = next ? await readEntry(next, place, placement.server) : entry;
  if (!next && !JSON.stringify(entry).includes(JSON.stringify(after).slice(1, -1))) {
    return [(before === undefined ? untold : gone)(placement.server, place.path)];
  }
  const asWritten =
    isWhole(entry, placement) || (before !== undefined && isWhole(replaceInside(entry, after, before), placement));
  const digest = asWritten ? entryDigest(oursIn(now, placement.fields)) : placement.digest;
  const renewed = {
    ref: owned.ref,
    keyId: renewal.next.id,
    secret: renewal.next.secret,
    placement: { ...placement, digest },
  };
  const known = current.keyId === renewed.keyId && current.secret === renewed.secret && digest === placement.digest;
  if (next || !known) draft.next = draft.next.map((each) => (each === current ? renewed : each));
  const diff = next ? await maskedDiff(place, bytes, next) : '';
  draft.rows.push(rowOf(placement, client, { changed: next !== undefined, diff }));
  return [];
}

const isSameEntry = (one: OwnedPlacement, other: OwnedPlacement): boolean =>
  one.ref === other.ref && entryDigest({ ...one.placement, made: 0 }) === entryDigest({ ...other.placement, made: 0 });

/** The old key's secret is not here to look for. */
const untold = (server: string, path: string) =>
  `"${server}" in ${path} was left as it is, and may hold the old key still. Place the key again there.`;

const gone = (server: string, path: string) =>
  `"${server}" in ${path} no longer holds the key; it was left as it is. Place the key again where it is needed.`;
