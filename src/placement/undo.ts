/** Puts back what one command changed: the files byte for byte, and the ledger with them. */
import type { EntryPlace } from '../clients/formats/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { HistoryEntry, Placement } from '../ledger.ts';
import { withNearest } from '../nearest.ts';
import { followLinks } from '../system/files.ts';
import { typed } from '../typed.ts';
import { bindingsBetween, nameOf } from './bindings.ts';
import { allPlacements, isSamePlace, reverse } from './book.ts';
import { changeFiles, type Plan, type PlannedFile } from './change-files.ts';
import { type Change, digest, readChange, readSealed } from './kept.ts';
import { maskedDiff } from './rows.ts';
import { createUnsealer, type SealedBytes } from './seals.ts';
import { isClientTarget } from './target.ts';
import type { LedgerChange, OwnedPlacement, PlacementChange, PlacementReport } from './types.ts';

/** The change of that history id, or the last one that can be undone. Throws `not_found`. */
export async function findChange(
  context: Context,
  id: string | undefined,
): Promise<{ entry: HistoryEntry; change: Change }> {
  const history = (await context.ledger.history()).filter((entry) => entry.undoable && entry.host === context.host);
  if (id === undefined) {
    for (const entry of [...history].reverse()) {
      const change = await readChange(context, entry.id);
      if (change) return { entry, change };
    }
    throw new UserError('not_found', 'There is no change that can be undone.', { hint: 'mcpkey log' });
  }
  const entry = history.find((each) => each.id === id);
  const change = entry && (await readChange(context, id));
  if (entry && change) return { entry, change };
  const ids = history.map((each) => each.id);
  throw new UserError(
    'not_found',
    withNearest(`There is no change "${id}" that can be undone (bytes are kept for 30 days).`, id, ids),
    {
      hint: 'mcpkey log',
    },
  );
}

/** Throws `conflict` where a file changed since, or a key that would come back was revoked or replaced since. */
export async function undoChange(context: Context, change: Change): Promise<PlacementReport> {
  const { added, removed } = change.ledger;
  for (const owned of removed) {
    const { path, mode } = owned.placement;
    await refuseDead(context, { ...owned, path, inClear: mode === 'plain' });
  }
  for (const lifted of change.lifted ?? []) {
    const placement = added.find(({ placement: { path } }) => path === lifted.path)?.placement;
    await refuseDead(context, { ...lifted, placement, inClear: true });
  }
  const kept = await unsealAll(context, change);
  const plan = async (bytes: ReadonlyMap<string, Buffer | undefined>): Promise<Plan> => {
    const diffs = new Map<string, string>();
    const files: PlannedFile[] = [];
    for (const [index, { path, format, mode, folders }] of change.files.entries()) {
      const [current, sealed] = [bytes.get(path), kept[index]];
      const { before, after } = { before: sealed?.before ?? undefined, after: sealed?.after ?? undefined };
      if (digest(current) !== digest(after))
        throw await changedSince(path, change, await difference({ path, format, servers: [] }, after, current));
      diffs.set(path, await maskedDiff({ path, format, servers: [] }, current, before));
      files.push({ path, format, after: before, mode: mode ?? undefined, folders });
    }
    const rows = await Promise.all(
      change.rows.map(async (row): Promise<PlacementChange> => {
        const diff = diffs.get(await followLinks(row.path)) ?? '';
        return { ...row, changed: true, diff };
      }),
    );
    return { files, ledger: await undoneLedger(context, change), rows };
  };
  const paths = change.files.map((file) => file.path);
  const changed = await changeFiles(context, { command: 'undo', ref: change.ref, paths, plan });
  return { changes: changed.plan.rows, warnings: changed.warnings, id: changed.id };
}

/**
 * The reverse of what the ledger knew, as far as it still holds: an entry may have become another key's since, and a
 * binding stays while another entry stands for it. Throws `conflict`.
 */
async function undoneLedger(context: Context, change: Change): Promise<LedgerChange> {
  const { added, removed, bindings } = reverse(change.ledger);
  const book = await allPlacements(context);
  for (const owned of [...removed, ...added]) refuseTaken(book, owned, removed);
  const touched = (owned: OwnedPlacement) => [...added, ...removed].some((other) => isSameOwned(owned, other));
  const next = [...book.filter((owned) => !touched(owned)), ...added];
  const derived = await bindingsBetween(context, [book, next]);
  // A project that was renamed since: its entries have the name of then.
  const names = new Set(await Promise.all([...book, ...next].map(({ placement }) => nameOf(placement.dir ?? ''))));
  const others = bindings.filter(({ project }) => !names.has(project));
  return { added, removed, bindings: [...derived, ...others] };
}

const isSameOwned = (one: OwnedPlacement, other: OwnedPlacement): boolean =>
  one.ref === other.ref && isSamePlace(one.placement, other.placement);

/** Of two changes that the same entry went through, the later one is undone first. */
function refuseTaken(
  book: readonly OwnedPlacement[],
  { ref, placement }: OwnedPlacement,
  removed: readonly OwnedPlacement[],
): void {
  const owner = book.find((owned) => isSamePlace(owned.placement, placement));
  if (!owner || owner.ref === ref || removed.some((own) => isSameOwned(own, owner))) return;
  throw new UserError('conflict', `"${placement.server}" in ${placement.path} is ${owner.ref}'s since.`, {
    hint: 'Undo the later change first: mcpkey log',
  });
}

/** A file that does not parse any more cannot be masked, so it is not shown. */
async function difference(place: EntryPlace, after: Buffer | undefined, current: Buffer | undefined): Promise<string> {
  try {
    return await maskedDiff(place, after, current);
  } catch (error) {
    if (error instanceof UserError && error.code === 'bad_config_file') return error.message;
    throw error;
  }
}

async function unsealAll(context: Context, change: Change): Promise<readonly SealedBytes[]> {
  const unseal = await createUnsealer(context);
  const kept: SealedBytes[] = [];
  for (const index of change.files.keys()) {
    const sealed = await readSealed(context, change.id, index);
    if (!sealed)
      throw new UserError('not_found', `The bytes of change ${change.id} are no longer kept.`, { hint: 'mcpkey log' });
    kept.push(await unseal(sealed));
  }
  return kept;
}

interface Returning {
  readonly ref: string;
  readonly keyId: string | null;
  readonly secret: string | null;
  readonly path: string;
  readonly placement: Placement | undefined;
  /** The key itself comes back, not a reference to it. */
  readonly inClear: boolean;
}

/** A key that was revoked would come back to life in the file only; in clear, an old one as well. */
async function refuseDead(context: Context, returning: Returning): Promise<void> {
  const { ref, keyId, secret, path, placement, inClear } = returning;
  if (keyId === null) return;
  const slash = ref.indexOf('/');
  const profile = ref.slice(0, slash);
  const record = await context.ledger.key(profile, ref.slice(slash + 1));
  const dead = !record || record.status === 'revoked';
  if (!dead && (!inClear || (record.id === keyId && record.secret === secret))) return;
  const what = dead ? 'was revoked' : 'was replaced by a new one';
  const anew = typed`Make a new key and place it: mcpkey create -p ${profile} --place ${placement?.client ?? 'CLIENT'}`;
  throw new UserError('conflict', `${ref} ${what} since, so it is not put back into ${path}.`, {
    hint: dead ? anew : placement ? placing(ref, placement) : typed`mcpkey place ${ref} CLIENT`,
  });
}

/** The command that makes such a placement. */
function placing(ref: string, { client, path, server, scope, dir }: Placement): string {
  if (!isClientTarget(client)) return typed`mcpkey place ${ref} ${client} --file ${path} --var ${server}`;
  const where = scope === 'user' ? [] : ['--scope', scope, ...(dir === null ? [] : ['--dir', dir])];
  return typed`mcpkey place ${[ref, client, '--name', server, ...where]}`;
}

async function changedSince(path: string, { ledger }: Change, diff: string): Promise<UserError> {
  return new UserError('conflict', `${path} was changed since. What differs:\n${diff}`, {
    hint: await byHand(path, ledger),
  });
}

/** What to do instead of the undo, with the names of what it would have changed in the file. */
async function byHand(path: string, { added, removed }: LedgerChange): Promise<string> {
  for (const { ref, placement } of added) {
    if ((await followLinks(placement.path)) === path)
      return typed`Take the entry out by hand, or with: mcpkey unplace ${ref} ${placement.client}`;
  }
  for (const { ref, placement } of removed) {
    if ((await followLinks(placement.path)) === path)
      return `Put the entry back by hand, or with: ${placing(ref, placement)}`;
  }
  return 'Change the file by hand; what was done before: mcpkey log';
}
