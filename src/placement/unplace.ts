/** Takes placements out again: the files as they were before, as far as nobody changed them since. */
import type { EntryPlace } from '../clients/formats/index.ts';
import type { Client, ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { followLinks } from '../system/files.ts';
import { typed } from '../typed.ts';
import { bindingsBetween, nameOf } from './bindings.ts';
import { allPlacements, isSamePlace, leadsToOne } from './book.ts';
import { changeFiles, type Plan } from './change-files.ts';
import { bytesIn, entryDigest, openDraft, planOf } from './draft.ts';
import { isWhole } from './fields.ts';
import { HOOK, hookClient, hookPlace } from './hook.ts';
import { machineOf, projectFolder } from './machine.ts';
import { bindingRef } from './project.ts';
import { type Replaced, readReplaced } from './replaced.ts';
import { maskedDiff, rowOf } from './rows.ts';
import { takeOut } from './takeout.ts';
import { ENV_FILE, envFilePlace, isClientTarget, placeOf } from './target.ts';
import type { OwnedPlacement, PlacementReport } from './types.ts';

export interface UnplaceOptions {
  readonly scope?: ClientScope | undefined;
  readonly name?: string | undefined;
  readonly dir?: string | undefined;
  readonly command?: string | undefined;
}

/** Every placement of a key on this machine. */
export async function unplaceKey(
  context: Context,
  record: Pick<KeyRecord, 'profile' | 'name'>,
  command = 'unplace',
): Promise<PlacementReport> {
  const ref = refOf(record);
  const mine = (await allPlacements(context)).filter(
    (owned) => owned.ref === ref && owned.placement.host === context.host,
  );
  return takeOutAll(context, ref, mine, command);
}

/** The placements of `ref` on the targets named. Throws `not_found` where there is none, or no such client. */
export async function unplaceFrom(
  context: Context,
  ref: string,
  targets: readonly string[],
  options: UnplaceOptions = {},
): Promise<PlacementReport> {
  for (const id of targets.filter(isClientTarget)) await context.client(id);
  const dir = options.dir === undefined ? undefined : await projectFolder(context, options.dir);
  const wanted = ({ client, scope, server, host, dir: own }: Placement) =>
    host === context.host &&
    targets.includes(client) &&
    (options.scope === undefined || options.scope === scope) &&
    (options.name === undefined || options.name === server) &&
    (dir === undefined || dir === own);
  const mine = (await allPlacements(context)).filter((owned) => owned.ref === ref && wanted(owned.placement));
  if (mine.length === 0) {
    throw new UserError('not_found', `${ref} is not placed there (${targets.join(', ')}) by mcpkey.`, {
      hint: typed`mcpkey show ${ref}`,
    });
  }
  return takeOutAll(context, ref, mine, options.command ?? 'unplace');
}

/** A placement, and where its entry stands. */
export interface LocatedPlacement {
  readonly owned: OwnedPlacement;
  readonly realPath: string;
  readonly place: EntryPlace;
  /** The ref that the entry was written with. */
  readonly written: string;
  readonly client: Pick<Client, 'id' | 'title' | 'reload'> & Partial<Pick<Client, 'read'>>;
}

async function takeOutAll(
  context: Context,
  ref: string,
  mine: readonly OwnedPlacement[],
  command: string,
): Promise<PlacementReport> {
  const located = await Promise.all(mine.map((owned) => locate(context, owned)));
  const warnings: string[] = [];
  const plan = async (bytes: ReadonlyMap<string, Buffer | undefined>): Promise<Plan> => {
    warnings.length = 0;
    const book = await allPlacements(context);
    const draft = openDraft(bytes, book);
    const tables = await tablesOf(context, book, located);
    for (const {
      owned: { placement },
      realPath,
      place,
      written,
      client,
    } of located) {
      const current = draft.next.find((other) => other.ref === ref && isEqualPlacement(other.placement, placement));
      if (!current) continue;
      const before = bytesIn(draft, realPath);
      const ours = (entry: unknown) => isOurs(entry, current, written);
      const isBeside = (other: OwnedPlacement) => tables(other) === tables(current);
      const replaced = current.placement.replaced
        ? await readReplaced(context, current, { realPath, place })
        : undefined;
      const taken = await takeOut(draft, current, { realPath, place, ours, isBeside, replaced });
      if (taken === 'cut' && current.placement.replaced) warnings.push(replacedLine(current.placement, replaced));
      const goes = (other: OwnedPlacement) => mine.some((own) => isSamePlace(own.placement, other.placement));
      const stays = (other: OwnedPlacement) =>
        isBeside(other) && other.placement.server === placement.server && !goes(other);
      const changed = taken === 'cut' || (taken === 'shared' && !draft.next.some(stays));
      if (!changed) warnings.push(`"${placement.server}" in ${place.path} ${LEFT[taken]}; the file was left as it is.`);
      const diff = changed ? await maskedDiff(place, before, bytesIn(draft, realPath)) : '';
      draft.rows.push(rowOf(placement, client, { changed, diff }));
    }
    draft.bindings.push(...(await bindingsBetween(context, [draft.book, draft.next])));
    return planOf(draft);
  };
  const paths = located.map((each) => each.realPath);
  const changed = await changeFiles(context, { command, ref, paths, plan });
  return { changes: changed.plan.rows, warnings: [...warnings, ...changed.warnings], id: changed.id };
}

/** The table in which each placement in these files stands: clients may have tables of their own in one file. */
async function tablesOf(
  context: Context,
  book: readonly OwnedPlacement[],
  located: readonly LocatedPlacement[],
): Promise<(owned: OwnedPlacement) => string> {
  const key = ({ placement: { client, path, scope, dir } }: OwnedPlacement) =>
    JSON.stringify([client, path, scope, dir]);
  const tables = new Map<string, string>();
  const paths = new Set(located.map(({ realPath }) => realPath));
  for (const owned of book.filter(({ placement: { host } }) => host === context.host)) {
    const realPath = tables.has(key(owned)) ? undefined : await leadsToOne(owned.placement, paths);
    if (realPath === undefined) continue;
    const { place } = await locate(context, owned);
    tables.set(key(owned), JSON.stringify([realPath, place.servers]));
  }
  return (owned) => tables.get(key(owned)) ?? '';
}

const replacedLine = ({ server, path }: Placement, replaced: Replaced | undefined): string =>
  replaced
    ? `"${server}" in ${path} is what it was before mcpkey replaced it.`
    : `What stood as "${server}" in ${path} before mcpkey replaced it is not put back. Where it is still kept: mcpkey undo, then mcpkey undo ID of the placement (mcpkey log).`;

const LEFT = { left: "is gone or is no longer mcpkey's", shared: 'is there for another client as well' };

const isEqualPlacement = (one: Placement, other: Placement) =>
  entryDigest({ ...one, made: 0 }) === entryDigest({ ...other, made: 0 });

/** Where the entry stands: as the client says now; where the client's folder moved since, in the file of then. */
export async function locate(context: Context, owned: OwnedPlacement): Promise<LocatedPlacement> {
  const { client: id, path, scope, dir } = owned.placement;
  const realPath = await followLinks(path);
  if (id === HOOK) return { owned, realPath, place: hookPlace(path), written: owned.ref, client: hookClient };
  if (id === ENV_FILE) {
    return {
      owned,
      realPath,
      place: envFilePlace(path),
      written: owned.ref,
      client: { id, title: 'env file', reload: 'start again what reads the file' },
    };
  }
  const client = await context.client(id);
  const files = client.files(machineOf(context, dir ?? context.cwd)).filter((file) => file.scope === scope);
  const file = files.find((each) => each.path === path) ?? files[0];
  if (!file) throw new UserError('unsupported', `${client.title} has no ${scope} scope any more.`);
  const written =
    scope === 'project' && dir !== null ? bindingRef(await nameOf(dir), owned.placement.server) : owned.ref;
  return { owned, realPath, place: { ...placeOf(file), path }, written, client };
}

/** As mcpkey wrote it, or edited since but still starting mcpkey for this ref; a value of mode env and plain is ours by its place. */
export function isOurs(entry: unknown, { placement }: OwnedPlacement, ref: string): boolean {
  if (isWhole(entry, placement)) return true;
  if (placement.mode === 'env' || placement.mode === 'plain') return true;
  return JSON.stringify(entry).includes(JSON.stringify(ref).slice(1, -1));
}
