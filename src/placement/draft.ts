/** A change while it is thought out: the bytes of files and the placements as they will be. Nothing is written here. */
import { createHash } from 'node:crypto';
import { isTelling } from '../adopt/telling.ts';
import { isSame } from '../clients/formats/data.ts';
import { type EntryPlace, readEntry } from '../clients/formats/index.ts';
import { clearNotes } from '../clients/formats/notes.ts';
import { rewriteEntry } from '../clients/formats/within.ts';
import type { Client } from '../clients/types.ts';
import { UserError } from '../errors.ts';
import type { Placement } from '../ledger.ts';
import type { Secret } from '../secret.ts';
import { isSameEntry, isSamePlace, leadsToOne } from './book.ts';
import type { Plan, PlannedFile } from './change-files.ts';
import { fieldsOf, oursIn, withOthers } from './fields.ts';
import { mergeMade, missingFolders } from './made.ts';
import type { BindingChange, OwnedPlacement, PlacementChange } from './types.ts';

export interface Draft {
  /** By path free of links. */
  readonly before: ReadonlyMap<string, Buffer | undefined>;
  readonly files: Map<string, PlannedFile>;
  readonly book: readonly OwnedPlacement[];
  /** Placements as they will be. */
  next: readonly OwnedPlacement[];
  readonly bindings: BindingChange[];
  readonly rows: PlacementChange[];
}

export function openDraft(before: ReadonlyMap<string, Buffer | undefined>, book: readonly OwnedPlacement[]): Draft {
  return { before, files: new Map(), book, next: book, bindings: [], rows: [] };
}

export function planOf(draft: Draft): Plan {
  const added = draft.next.filter((owned) => !draft.book.includes(owned));
  const removed = draft.book.filter((owned) => !draft.next.includes(owned));
  return { files: [...draft.files.values()], ledger: { added, removed, bindings: draft.bindings }, rows: draft.rows };
}

export const bytesIn = (draft: Draft, path: string): Buffer | undefined => {
  const planned = draft.files.get(path);
  return planned ? planned.after : draft.before.get(path);
};

/** SHA-256 of an entry, whatever the order of its members. */
export function entryDigest(entry: unknown): string {
  return createHash('sha256').update(JSON.stringify(entry, sortMembers)).digest('hex');
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export interface PutWish {
  /** Free of links; the placement has the path as the client knows it. */
  readonly realPath: string;
  readonly place: EntryPlace;
  /** A text in an env file, else an object. */
  readonly entry: unknown;
  /** What of it mcpkey wrote, where a person's fields are in it already. */
  readonly written?: unknown;
  /** Without what only the put tells. */
  readonly owned: Omit<OwnedPlacement, 'placement'> & {
    readonly placement: Omit<Placement, 'made' | 'digest' | 'fields' | 'replaced'>;
  };
  /** How the client understands an entry. */
  readonly read?: Client['read'] | undefined;
  readonly force: boolean;
  /** Of an entry that is rewritten with what people noted in it: what must not stay, not in a note either. */
  readonly gone?: readonly Secret[] | undefined;
  readonly mode?: number | undefined;
  readonly freshMode?: number | undefined;
}

/**
 * True where the file changes, or the entry was another key's until now. Throws `conflict` where an entry of that name
 * is not ours, `bad_config_file`.
 */
export async function putInto(draft: Draft, wish: PutWish): Promise<boolean> {
  const { place, realPath } = wish;
  const { server } = wish.owned.placement;
  const bytes = bytesIn(draft, realPath);
  const existing = await readEntry(bytes, place, server);
  const mine = draft.next.filter(({ placement }) => isSamePlace(placement, { ...placement, ...wish.owned.placement }));
  const owner = mine[0] ?? (existing === undefined ? undefined : await sharerOf(draft, wish));
  const entry = owner && !wish.gone ? withOthers(wish.entry, existing, kept(owner, wish)) : wish.entry;
  const unchanged = existing !== undefined && isSame(existing, entry);
  const foreign = existing !== undefined && !unchanged && mine.length === 0;
  const sharer = foreign ? owner : undefined;
  if (foreign && !wish.force) {
    throw sharer ? entryOfAnother(place, sharer) : entryNotOurs(place, server);
  }
  const gone = wish.gone?.map((one) => one.reveal());
  const rewritten = unchanged ? undefined : await rewriteEntry(bytes, place, server, { value: entry, gone });
  const put = rewritten && {
    ...rewritten,
    bytes: (gone && (await clearNotes(rewritten.bytes, place, gone.filter(isTelling)))) ?? rewritten.bytes,
  };
  if (put) {
    const folders = bytes === undefined ? missingFolders(realPath) : [];
    draft.files.set(realPath, {
      path: realPath,
      format: place.format,
      after: put.bytes,
      mode: wish.mode,
      freshMode: wish.freshMode,
      folders,
    });
  }
  const inherited = mine.map(({ placement }) => placement.made);
  const fresh = put && { ...put.made, file: bytes === undefined, folders: draft.files.get(realPath)?.folders ?? [] };
  const made = [...inherited, ...(fresh ? [fresh] : [])].reduce(mergeMade, { file: false, tables: [] });
  const replaced = (foreign && !sharer) || mine.some((each) => each.placement.replaced);
  const fields = fieldsOf(wish.written ?? wish.entry);
  const digest = entryDigest(oursIn(entry, fields));
  const told = { made, digest, ...(fields && { fields }), ...(replaced && { replaced }) };
  const placement: Placement = { ...wish.owned.placement, ...told };
  const [only, second] = mine;
  if (!put && only && !second && only.ref === wish.owned.ref && isSameRecord(only.placement, placement)) return false;
  draft.next = [...draft.next.filter((owned) => !mine.includes(owned)), { ...wish.owned, placement }];
  return put !== undefined || mine.some(({ ref }) => ref !== wish.owned.ref);
}

const kept = ({ placement: written }: OwnedPlacement, { owned, read }: PutWish) => ({
  written,
  mode: owned.placement.mode,
  read,
});

/** What another client's file has there, which may be the same one through a link. */
async function sharerOf(
  draft: Draft,
  { realPath, owned: { placement } }: PutWish,
): Promise<OwnedPlacement | undefined> {
  for (const other of draft.next) {
    const isAlike = isSameEntry({ ...other.placement, path: placement.path }, placement);
    if (isAlike && (await leadsToOne(other.placement, new Set([realPath])))) return other;
  }
  return undefined;
}

/** The placement of an entry that is not in its file, or no longer ours, is another key's from now on. */
export function handTo(draft: Draft, from: OwnedPlacement, to: Omit<OwnedPlacement, 'placement'>): void {
  const { ref, keyId, secret } = to;
  draft.next = draft.next.map((owned) =>
    owned.ref === from.ref && isSamePlace(owned.placement, from.placement)
      ? { ref, keyId, secret, placement: owned.placement }
      : owned,
  );
}

export const entryNotOurs = ({ path }: EntryPlace, server: string) =>
  new UserError('conflict', `${path} has an entry "${server}" already, which mcpkey did not make.`, {
    hint: 'Choose another name with --name, or replace it with --force.',
  });

const entryOfAnother = ({ path }: EntryPlace, { ref, placement: { server, client, mode } }: OwnedPlacement) =>
  new UserError('conflict', `"${server}" in ${path} is there for ${client} as well: ${ref}, in mode ${mode}.`, {
    hint: `Place it in that mode (--mode ${mode}), or choose another name with --name.`,
  });

const isSameRecord = (one: Placement, other: Placement): boolean =>
  (['mode', 'variable', 'digest', 'scope', 'dir'] as const).every((field) => one[field] === other[field]) &&
  isSame(one.fields, other.fields);
