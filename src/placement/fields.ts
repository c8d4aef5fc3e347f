/** What of an entry mcpkey wrote, told from the fields that the client and its user have in it. */
import { keepOtherFields } from '../adopt/merge.ts';
import { isSame, isTable } from '../clients/formats/data.ts';
import type { KeyPath } from '../clients/formats/index.ts';
import type { Client, PlaceMode } from '../clients/types.ts';
import type { Placement } from '../ledger.ts';
import { entryDigest } from './draft.ts';

type Table = Readonly<Record<string, unknown>>;
type Written = Pick<Placement, 'digest' | 'fields'>;
type Reader = Client['read'] | undefined;

/** Paths of the members of an entry, those of the tables in it one by one; none of what is no table. */
export function fieldsOf(entry: unknown): readonly KeyPath[] | undefined {
  return isTable(entry) ? membersOf(entry, []) : undefined;
}

const membersOf = (table: Table, path: KeyPath): KeyPath[] =>
  Object.entries(table).flatMap(([name, value]) => {
    const own = [...path, name];
    return isTable(value) && Object.keys(value).length > 0 ? membersOf(value, own) : [own];
  });

function split(entry: Table, fields: readonly KeyPath[]): { ours: Table; others: Table } {
  const ours: [string, unknown][] = [];
  const others: [string, unknown][] = [];
  for (const [name, value] of Object.entries(entry)) {
    const below = fields.flatMap(([first, ...rest]) => (first === name ? [rest] : []));
    if (below.length === 0) others.push([name, value]);
    else if (!isTable(value) || below.some((path) => path.length === 0)) ours.push([name, value]);
    else {
      const inner = split(value, below);
      ours.push([name, inner.ours]);
      if (Object.keys(inner.others).length > 0) others.push([name, inner.others]);
    }
  }
  return { ours: Object.fromEntries(ours), others: Object.fromEntries(others) };
}

/** Without the fields of others; all of it where what was written is not known by its fields. */
export const oursIn = (entry: unknown, fields: Written['fields']): unknown =>
  fields && isTable(entry) ? split(entry, fields).ours : entry;

export const isWhole = (entry: unknown, { digest, fields }: Written): boolean =>
  entryDigest(oursIn(entry, fields)) === digest;

/** Everything that was written is there still, and what came to it leads the client nowhere else. */
export const isAsWritten = (entry: unknown, written: Written, read: Reader): boolean =>
  isWhole(entry, written) && isReachedAlike(read, entry, oursIn(entry, written.fields));

function isReachedAlike(read: Reader, one: unknown, other: unknown): boolean {
  if (!read) return true;
  const [a, b] = [read(one), read(other)];
  return isSame([a.url, a.command, a.args], [b.url, b.command, b.args]);
}

/**
 * `fresh` with the fields of others in `old`, an entry that mcpkey wrote. Where what it wrote was changed, or the mode is
 * another now, only what does not concern how the server is reached.
 */
export function withOthers(
  fresh: unknown,
  old: unknown,
  { written, mode, read }: { written: Written & Pick<Placement, 'mode'>; mode: PlaceMode; read: Reader },
): unknown {
  if (!isTable(fresh) || !isTable(old)) return fresh;
  const { ours, others } = split(old, written.fields ?? []);
  const all = merged(fresh, others);
  const isKept = mode === written.mode && written.fields !== undefined && isWhole(old, written);
  if (isKept && isReachedAlike(read, all, fresh)) return all;
  const mayStay = ([name]: [string, unknown]) => Object.hasOwn(fresh, name) || !Object.hasOwn(ours, name);
  return keepOtherFields(fresh, Object.fromEntries(Object.entries(old).filter(mayStay)));
}

function merged(fresh: Table, others: Table): Table {
  const added = Object.entries(others).flatMap(([name, value]): [string, unknown][] => {
    if (!Object.hasOwn(fresh, name)) return [[name, value]];
    const own = fresh[name];
    return isTable(own) && isTable(value) ? [[name, merged(own, value)]] : [];
  });
  return Object.fromEntries([...Object.entries(fresh), ...added]);
}
