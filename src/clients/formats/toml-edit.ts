/** Entries put into and taken out of a TOML text, in the form that their table is written in. */
import type { AST } from 'toml-eslint-parser';
import { appendItem, removeItems } from './commas.ts';
import { isTable } from './data.ts';
import { behindComments, insertLines, lineStop, nextLine, removeLines } from './lines.ts';
import { lineEndAt } from './text.ts';
import { printBody, printKeys, printToml } from './toml-print.ts';
import {
  type InlineHolder,
  type InlineNode,
  inlineHolder,
  isPath,
  keysOf,
  type Pieces,
  piecesOf,
  startsWith,
  type TomlPath,
  type TomlSource,
} from './toml-tree.ts';
import type { Edit, Span, Splice, TablePlace } from './types.ts';

/** An entry that is there has the path at which it is; in a list that is its index. */
export interface Entry {
  readonly place: TablePlace;
  readonly name: string;
  readonly index: number;
}

const GAP = { gap: true };
const NO_GAP = { gap: false };
const spanOf = ({ range: [start, end] }: { readonly range: readonly [number, number] }): Span => ({ start, end });

export const itemsOf = (node: InlineNode) => (node.type === 'TOMLArray' ? node.elements : node.body);
export const insideOf = ({ range: [start, end] }: InlineNode): Span => ({ start: start + 1, end: end - 1 });

const pathOf = ({ place, name, index }: Entry): TomlPath => [
  ...place.servers,
  ...(place.named === undefined ? [name] : [index]),
];

/** Adds an entry that is not there. */
export function addEntry(at: TomlSource, { servers, named }: TablePlace, name: string, value: unknown): Edit {
  const holder = inlineHolder(at, servers);
  if (holder) return addInline(at, holder, { servers, named }, name, value);
  const own = isTable(value) ? undefined : at.tables.find((table) => isPath(table.resolvedKey, servers));
  if (own) return addLine(at, own, name, value);
  const header = printKeys(named === undefined ? [...servers, name] : servers);
  const lines = [named === undefined ? `[${header}]` : `[[${header}]]`, ...printBody(value)];
  const last = at.tables.filter((table) => startsWith(table.resolvedKey, servers)).at(-1);
  const where = last ? behindComments(at.text, nextLine(at.text, last.range[1])) : at.text.length;
  return { splices: [insertLines(at.text, where, lines, GAP)], made: { tables: [] } };
}

/** A value that is no table stands below the header of the table that gets it. */
function addLine({ text }: TomlSource, { key, body, range }: AST.TOMLTable, name: string, value: unknown): Edit {
  const where = nextLine(text, body.length === 0 ? key.range[1] : range[1]);
  const line = `${printKeys([name])} = ${printToml(value)}`;
  return { splices: [insertLines(text, where, [line], NO_GAP)], made: { tables: [] } };
}

function addInline(
  at: TomlSource,
  { node, rest }: InlineHolder,
  place: TablePlace,
  name: string,
  value: unknown,
): Edit {
  const list = place.named !== undefined;
  const keys = list ? rest : [...rest, name];
  const whole = list && rest.length > 0 ? [value] : value;
  const printed = keys.length === 0 ? printToml(whole) : `${printKeys(keys)} = ${printToml(whole)}`;
  const [items, inside] = [itemsOf(node), insideOf(node)];
  const made = {
    tables: list && rest.length > 0 ? [place.servers] : [],
    ...(items.length === 0 ? { interior: at.text.slice(inside.start, inside.end) } : {}),
  };
  return { splices: appendItem(at.text, inside, items.map(spanOf), printed), made };
}

/** Puts another value into the place of an entry. */
export function replaceEntry(at: TomlSource, entry: Entry, value: unknown): readonly Splice[] {
  const holder = inlineHolder(at, entry.place.servers);
  if (holder) return replaceInline(at, holder, entry, value);
  const path = pathOf(entry);
  const pieces = piecesOf(at, path);
  const whole = pieces.lines.find((line) => line.path.length === path.length);
  if (whole) return [{ ...spanOf(whole.node.value), text: printToml(value) }];
  const header = pieces.tables.find((table) => table.resolvedKey.length === path.length);
  if (header) {
    const others = { ...pieces, tables: pieces.tables.filter((table) => table !== header) };
    return [bodySplice(at, header, value), ...removePieces(at, others)];
  }
  return respell(at, entry, pieces, value);
}

/** The header stays as it is written. */
function bodySplice({ text }: TomlSource, header: AST.TOMLTable, value: unknown): Splice {
  const start = lineStop(text, header.key.range[1]);
  const end = header.body.length === 0 ? start : lineStop(text, header.range[1]);
  const lineEnd = lineEndAt(text, header.range[1]);
  return {
    start,
    end,
    text: printBody(value)
      .map((line) => lineEnd + line)
      .join(''),
  };
}

/** An entry without a line or a header of its own gets one where its first piece is. */
function respell(at: TomlSource, { place, name }: Entry, { tables, lines }: Pieces, value: unknown): Splice[] {
  const [line, ...others] = lines;
  if (line) {
    const below = line.table?.resolvedKey.length ?? 0;
    const key = printKeys([...place.servers.slice(below), name]);
    return [
      { ...spanOf(line.node), text: `${key} = ${printToml(value)}` },
      ...removePieces(at, { tables, lines: others }),
    ];
  }
  const [table, ...rest] = tables;
  if (!table) return [];
  const header = `[${printKeys([...place.servers, name])}]`;
  const text = [header, ...printBody(value)].join(lineEndAt(at.text, table.range[1]));
  const span = { start: table.range[0], end: lineStop(at.text, table.range[1]) };
  return [{ ...span, text }, ...removePieces(at, { tables: rest, lines })];
}

export function removeEntry(at: TomlSource, entry: Entry): readonly Splice[] {
  const holder = inlineHolder(at, entry.place.servers);
  if (!holder) return removePieces(at, piecesOf(at, pathOf(entry)));
  return removeItems(at.text, itemsOf(holder.node).map(spanOf), inlinePieces(holder, entry).map(spanOf));
}

/** Takes out a whole key of a table, a list that became empty say. */
function removePieces({ text }: TomlSource, { tables, lines }: Pieces): Splice[] {
  return joined([
    ...tables.map((table) => removeLines(text, table.range[0], table.range[1], GAP)),
    ...lines.map(({ node }) => removeLines(text, node.range[0], node.range[1], NO_GAP)),
  ]);
}

/** At the end of a text without a last line end, a block takes the line end of the block before it along. */
function joined(removed: readonly Splice[]): Splice[] {
  const spans: Splice[] = [];
  for (const next of [...removed].sort((one, other) => one.start - other.start)) {
    const last = spans.at(-1);
    if (last && next.start < last.end) spans[spans.length - 1] = { ...last, end: Math.max(last.end, next.end) };
    else spans.push(next);
  }
  return spans;
}

function inlinePieces({ node, rest }: InlineHolder, { place, name, index }: Entry) {
  if (node.type === 'TOMLArray') return node.elements.filter((_, position) => position === index);
  const keys = place.named === undefined ? [...rest, name] : rest;
  return node.body.filter(({ key }) => startsWith(keysOf(key), keys));
}

function replaceInline(at: TomlSource, holder: InlineHolder, entry: Entry, value: unknown): readonly Splice[] {
  const pieces = inlinePieces(holder, entry);
  const [first] = pieces;
  if (!first) return [];
  if (first.type !== 'TOMLKeyValue') return [{ ...spanOf(first), text: printToml(value) }];
  const keys = [...holder.rest, entry.name];
  if (keysOf(first.key).length === keys.length) return [{ ...spanOf(first.value), text: printToml(value) }];
  const others = itemsOf(holder.node).map(spanOf);
  const gone = others.filter((span) => pieces.slice(1).some((piece) => piece.range[0] === span.start));
  return [
    { ...spanOf(first), text: `${printKeys(keys)} = ${printToml(value)}` },
    ...removeItems(at.text, others, gone),
  ];
}
