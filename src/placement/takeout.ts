/** An entry taken out of its file, with what its making left there. */
import { cutEntry, type EntryPlace, readEntry } from '../clients/formats/index.ts';
import type { Placement } from '../ledger.ts';
import { isSameFile } from './book.ts';
import { bytesIn, type Draft } from './draft.ts';
import { mergeMade } from './made.ts';
import { type Replaced, restored } from './replaced.ts';
import type { OwnedPlacement } from './types.ts';

/** `cut`: the file changes; `left`: the entry is gone or someone else's; `shared`: another client reads the same one. */
export type TakenOut = 'cut' | 'left' | 'shared';

/**
 * Takes one placement out; what its making left in the file goes with it, or is handed to another placement that is
 * still in there. An entry that someone put in its stead stays.
 */
export async function takeOut(
  draft: Draft,
  owned: OwnedPlacement,
  at: {
    realPath: string;
    place: EntryPlace;
    ours: (entry: unknown) => boolean;
    /** Whether another placement stands in the same table of this file, whatever path leads to it. */
    isBeside: (other: OwnedPlacement) => boolean;
    /** What stood there before, to be put back. */
    replaced?: Replaced | undefined;
  },
): Promise<TakenOut> {
  const { placement } = owned;
  const { realPath, place } = at;
  draft.next = draft.next.filter((other) => other !== owned);
  const bytes = bytesIn(draft, realPath);
  const entry = await readEntry(bytes, place, placement.server);
  if (bytes === undefined || entry === undefined || !at.ours(entry)) return 'left';
  const beside = draft.next.filter(at.isBeside);
  const sharer = beside.find((other) => other.placement.server === placement.server);
  const heir = sharer ?? beside[0] ?? draft.next.find((other) => isSameFile(other.placement, placement));
  if (sharer) {
    handOver(draft, placement, heir);
    return 'shared';
  }
  const { made } = placement;
  if (at.replaced) {
    draft.files.set(realPath, { path: realPath, format: place.format, ...(await restored(bytes, at, placement)) });
    handOver(draft, placement, heir);
    return 'cut';
  }
  const after = await cutEntry(bytes, place, placement.server, made);
  const left = after.toString('utf8');
  const gone = made.file && (left.trim() === '' || left === place.fresh);
  draft.files.set(realPath, {
    path: realPath,
    format: place.format,
    after: gone ? undefined : after,
    folders: gone ? made.folders : undefined,
  });
  if (!gone) handOver(draft, placement, heir);
  return 'cut';
}

/** To another of ours, in the same table where there is one, so that the last one to go leaves the bytes of before. */
function handOver(draft: Draft, gone: Placement, to: OwnedPlacement | undefined): void {
  if (!to) return;
  const placement = { ...to.placement, made: mergeMade(gone.made, to.placement.made) };
  draft.next = draft.next.map((owned) => (owned === to ? { ...to, placement } : owned));
}
