/** Entries put into and taken out of a YAML text, as lines of a block or between the commas of a flow collection. */
import { isMap, isNode, isPair, isSeq } from 'yaml';
import { appendItem, removeItems } from './commas.ts';
import { behindComments, endsOpen, insertLines, lineStop, nextLine, removeLines, skipLines } from './lines.ts';
import { lineEndAt, lineStart } from './text.ts';
import type { Edit, KeyPath, Span, Splice, TablePlace } from './types.ts';
import { printBelow, printFlow, printItem, printKey, printMember } from './yaml-print.ts';
import {
  endOf,
  endOfMember,
  fault,
  indentOf,
  isBare,
  isBlockScalar,
  lastLeaf,
  refuseAnchors,
  spanOf,
  type Way,
  type YamlMember,
  type YamlSource,
  type YamlTable,
} from './yaml-tree.ts';

const DEFAULT_UNIT = '  ';
const NO_GAP = { gap: false };
const DASH = /^ *- +$/;

export interface Put {
  readonly place: TablePlace;
  readonly name: string;
  readonly value: unknown;
}

/** Adds an entry that is not there, with the tables that are missing. */
export function addEntry(at: YamlSource, way: Way, put: Put): Edit {
  const { servers } = put.place;
  const { table, missing, bare } = way;
  const tables = missing
    .slice(bare ? 1 : 0)
    .map((_, index, all) => servers.slice(0, servers.length - all.length + index + 1));
  if (table?.flow) return addFlow(at, way, put, tables);
  const unit = unitOf(at);
  const inner = nest(put, missing.slice(1));
  if (bare) return { splices: [insertBelow(at, bare, printBelow(inner, unit))], made: { tables } };
  const [key] = missing;
  const own = () => (isSeq(table) ? printItem(put.value, unit) : printMember(put.name, put.value, unit));
  const lines = key === undefined ? own() : printMember(key, inner, unit);
  return { splices: [table ? insertLast(at, table, lines) : insertAlone(at, lines)], made: { tables } };
}

const nest = ({ place, name, value }: Put, keys: KeyPath): unknown =>
  keys.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    place.named === undefined ? { [name]: value } : [value],
  );

/** One step of indentation, as the file has it. */
function unitOf(at: YamlSource): string {
  const root = at.document.contents;
  for (const { value } of isMap(root) && !root.flow ? root.items : []) {
    const first = isMap(value) && !value.flow ? value.items[0]?.key : undefined;
    if (!isNode(first)) continue;
    const indent = at.text.slice(lineStart(at.text, spanOf(first).start), spanOf(first).start);
    if (/^ +$/.test(indent)) return indent;
  }
  return DEFAULT_UNIT;
}

/** Into a document that has nothing but comments. */
function insertAlone(at: YamlSource, lines: readonly string[]): Splice {
  const end = /^\.\.\.[ \t]*(?:#.*)?$/m.exec(at.text);
  return insertLines(at.text, end?.index ?? at.text.length, lines, NO_GAP);
}

function insertLast(at: YamlSource, table: YamlTable, lines: readonly string[]): Splice {
  const { text } = at;
  const [first, last] = [startOf(table), lastLeaf(table)];
  const indent = indentOf(at, first);
  const indented = lines.map((line) => indent + line);
  // A last text in block form would get a line end more.
  if (isBlockScalar(last) && endsOpen(text)) return insertLines(text, lineStart(text, first), indented, NO_GAP);
  const behind = isBlockScalar(last) ? spanOf(last ?? table).end : nextLine(text, endOf(at, table, first));
  return insertLines(text, behindIndented(text, behind, indent.length), indented, NO_GAP);
}

function startOf(table: YamlTable): number {
  const [first] = table.items;
  if (isSeq(table) || !isPair(first) || !isNode(first.key)) return spanOf(table).start;
  return spanOf(first.key).start;
}

/** Behind the comments that are indented as what is above them; at the margin nothing tells whose they are. */
export function behindIndented(text: string, first: number, column: number): number {
  const least = Math.max(column, 1);
  const at = skipLines(text, first, (line) => /^ *#/.test(line) && line.indexOf('#') >= least);
  return column === 0 ? behindComments(text, at) : at;
}

/** Behind a key that has no value yet. */
function insertBelow(at: YamlSource, { key }: YamlMember, lines: readonly string[]): Splice {
  const indent = indentOf(at, key.start) + unitOf(at);
  const behind = behindIndented(at.text, nextLine(at.text, key.end), indent.length);
  return insertLines(
    at.text,
    behind,
    lines.map((line) => indent + line),
    NO_GAP,
  );
}

function addFlow(at: YamlSource, { table, missing, bare }: Way, put: Put, tables: readonly KeyPath[]): Edit {
  if (!table || bare) throw fault(at, bare?.key.start ?? 0, 'a mapping was expected here, and there is nothing');
  const { start, end } = spanOf(table);
  const inside = { start: start + 1, end: end - 1 };
  const value = missing.length === 0 ? put.value : nest(put, missing.slice(1));
  const key = missing[0] ?? put.name;
  const printed = missing.length === 0 && isSeq(table) ? printFlow(value) : `${printKey(key)}: ${printFlow(value)}`;
  const interior = table.items.length === 0 ? { interior: at.text.slice(inside.start, inside.end) } : {};
  return { splices: appendItem(at.text, inside, flowSpans(at, table), printed), made: { tables, ...interior } };
}

function flowSpans(at: YamlSource, table: YamlTable): readonly Span[] {
  return table.items.flatMap((item): Span[] => {
    if (isNode(item)) return [spanOf(item)];
    if (!isPair(item) || !isNode(item.key)) return [];
    const key = spanOf(item.key);
    return [{ start: key.start, end: endOf(at, isNode(item.value) ? item.value : undefined, key.end) }];
  });
}

/** Puts another value into the place of an entry; its key stays as it is written. */
export function replaceEntry(at: YamlSource, table: YamlTable, entry: YamlMember, value: unknown): Splice {
  refuseAnchors(at, entry.value);
  const end = endOfMember(at, entry);
  if (table.flow) return flowSplice(at, entry, end, value);
  const unit = unitOf(at);
  const lineEnd = lineEndAt(at.text, end);
  if (isSeq(table)) {
    const start = spanOf(entry.value ?? table).start;
    const indent = ' '.repeat(indentOf(at, start, DASH).length);
    return { start, end, text: printBelow(value, unit).join(lineEnd + indent) };
  }
  const indent = indentOf(at, entry.key.start) + unit;
  const below = printBelow(value, unit);
  const colon = at.text.indexOf(':', entry.key.end) + 1;
  const valueStart = entry.value ? spanOf(entry.value).start : colon;
  const keyLine = lineStop(at.text, colon);
  const start = valueStart > keyLine && below.length > 0 ? keyLine : colon;
  const text = below.length === 0 ? ` ${printFlow(value)}` : below.map((line) => lineEnd + indent + line).join('');
  return { start, end: Math.max(start, end), text };
}

/** A key may stand there alone, with or without its colon. */
function flowSplice({ text }: YamlSource, { key, value: old }: YamlMember, end: number, value: unknown): Splice {
  if (old && !isBare(old)) return { start: spanOf(old).start, end, text: printFlow(value) };
  const colon = /^[ \t]*:/.exec(text.slice(key.end))?.[0].length ?? 0;
  const start = key.end + colon;
  return { start, end: start, text: `${colon === 0 ? ':' : ''} ${printFlow(value)}` };
}

export function removeEntry(at: YamlSource, table: YamlTable, entry: YamlMember): readonly Splice[] {
  refuseAnchors(at, entry.value);
  const end = endOfMember(at, entry);
  const start = isSeq(table) && entry.value ? spanOf(entry.value).start : entry.key.start;
  if (table.flow) return removeItems(at.text, flowSpans(at, table), [{ start, end }]);
  const lead = indentOf(at, start, isSeq(table) ? DASH : undefined);
  return [removeLines(at.text, start, behindOwn(at.text, end, lead.search(/-|$/)), NO_GAP)];
}

/** Behind the comments that are indented as what is in the entry: below another they would be read as its text. */
function behindOwn(text: string, end: number, column: number): number {
  const below = nextLine(text, end);
  const behind = behindIndented(text, below, column + 1);
  return behind === below ? end : behind - 1;
}
