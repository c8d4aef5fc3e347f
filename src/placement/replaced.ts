/** What stood where an entry was placed by force, so that taking the entry out puts it back. */
import { type EntryPlace, putEntry, readEntry } from '../clients/formats/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isSamePlace } from './book.ts';
import { type Change, digest, readChange, readSealed } from './kept.ts';
import { createUnsealer } from './seals.ts';
import type { LedgerChange, OwnedPlacement } from './types.ts';

export interface Replaced {
  readonly entry: unknown;
  /** Digest of the file as the placing left it: where it is that still, it gets the bytes and the mode of before. */
  readonly placed: string | null;
  readonly before: Buffer;
  readonly mode: number | undefined;
}

/** Undefined where it is not known any more (kept for 30 days, on this machine), or held a key that was moved away. */
export async function readReplaced(
  context: Context,
  owned: OwnedPlacement,
  { realPath, place }: { realPath: string; place: EntryPlace },
): Promise<Replaced | undefined> {
  try {
    const change = await changeThatReplaced(context, owned);
    const index = change?.files.findIndex(({ path }) => path === realPath) ?? -1;
    const file = change?.files[index];
    if (!change || !file || change.lifted) return undefined;
    const sealed = await readSealed(context, change.id, index);
    const before = sealed && (await (await createUnsealer(context))(sealed)).before;
    if (!before) return undefined;
    const entry = await readEntry(before, place, owned.placement.server);
    if (entry === undefined) return undefined;
    // Several entries that one command put there need not go together.
    const alone = change.ledger.added.filter(({ placement }) => placement.path === owned.placement.path).length === 1;
    return { entry, placed: alone ? file.after : null, before, mode: file.mode ?? undefined };
  } catch (error) {
    // A store that does not answer, or a file that was broken then: the entry is taken out all the same.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The last one in which the place became mcpkey's. */
async function changeThatReplaced(context: Context, { placement }: OwnedPlacement): Promise<Change | undefined> {
  const history = (await context.ledger.history()).filter(({ undoable, host }) => undoable && host === context.host);
  const isHere = (one: OwnedPlacement) => isSamePlace(one.placement, placement);
  for (const { id } of [...history].reverse()) {
    const change = await readChange(context, id);
    const { added, removed } = change?.ledger ?? { added: [], removed: [] };
    if (change && change.command !== 'undo' && added.some(isHere) && !removed.some(isHere)) return change;
  }
  return undefined;
}

/** The very bytes of before where nothing was changed since, else the file with the entry of before in it. */
export async function restored(
  bytes: Buffer,
  { place, replaced }: { place: EntryPlace; replaced?: Replaced | undefined },
  { server }: { server: string },
): Promise<{ after: Buffer; mode?: number | undefined }> {
  if (!replaced) return { after: bytes };
  if (digest(bytes) === replaced.placed) return { after: replaced.before, mode: replaced.mode };
  return { after: (await putEntry(bytes, place, server, replaced.entry)).bytes, mode: replaced.mode };
}

/** A line for each entry of a person's own that is replaced now. */
export const replacedLines = ({ added, removed }: LedgerChange): readonly string[] =>
  added
    .filter(({ placement }) => placement.replaced && !removed.some((other) => isSamePlace(other.placement, placement)))
    .map(
      ({ placement: { server, path } }) =>
        `"${server}" in ${path} was there already and is replaced. To have it back: mcpkey unplace or mcpkey undo, within 30 days.`,
    );
