/** TOML: one parser tells the ranges, another one the data; every edit is a splice of ours. */
import { parse as parseData, TomlError } from 'smol-toml';
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { entryOf, isTable } from './data.ts';
import { faultAt } from './text.ts';
import { addEntry, insideOf, removeEntry, replaceEntry } from './toml-edit.ts';
import { printBody, printKeys } from './toml-print.ts';
import { inlineHolder, isPath, keysOf, linesOf, serversIn, type TomlPath, type TomlSource } from './toml-tree.ts';
import type { Format, KeyPath, ParsedConfig, TablePlace, TextLeaf } from './types.ts';

export const toml: Format = { parse, print, data: (text, source) => dataOf(text, source) };

/** Newer than what is written, so that whatever a client may read can be read. */
const VERSION = '1.1';

function parse(text: string, source: string): ParsedConfig {
  const { body } = treeOf(text, source);
  const at: TomlSource = {
    text,
    source,
    tables: body.filter((node) => node.type === 'TOMLTable'),
    lines: linesOf(body),
    data: dataOf(text, source),
  };
  const find = (place: TablePlace, name: string) => {
    const servers = serversIn(at, place);
    const index = indexOf(at, servers, place, name);
    return index === undefined ? undefined : { place, name, index };
  };
  return {
    data: at.data,
    table: (place) => entriesOf(serversIn(at, place), place),
    entry(place, name) {
      const found = find(place, name);
      return found && plain(entryOf(at.data, place, name));
    },
    put(place, name, value) {
      const entry = find(place, name);
      if (!entry) return addEntry(at, place, name, value);
      return { splices: replaceEntry(at, entry, value), made: { tables: [] } };
    },
    cut(place, name) {
      const entry = find(place, name);
      return entry ? removeEntry(at, entry) : [];
    },
    inside: (path) => insideAt(at, path),
    texts: () => at.lines.flatMap((line) => textsBelow(line.node.value, line.path)),
  };
}

function treeOf(text: string, source: string): AST.TOMLTopLevelTable {
  try {
    return parseTOML(text, { tomlVersion: VERSION }).body[0];
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // Where a line ends too early, it names a later one; the other parser does not.
    const other = readData(text);
    const at = 'fault' in other ? offsetOf(text, other.fault) : error.index;
    const isEarlier = text.slice(at, error.index).includes('\n');
    throw faultAt(text, isEarlier ? at : error.index, source, `not valid TOML (${lowerFirst(error.message)})`);
  }
}

function dataOf(text: string, source: string): unknown {
  const read = readData(text);
  if (!('fault' in read)) return read.data;
  const what = read.fault.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? '';
  throw faultAt(text, offsetOf(text, read.fault), source, `not valid TOML (${what})`);
}

function readData(text: string): { readonly data: unknown } | { readonly fault: TomlError } {
  try {
    return { data: parseData(text, { integersAsBigInt: 'asNeeded' }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { fault: error };
  }
}

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\.$/, '');

/** Line and column from 1. */
function offsetOf(text: string, { line, column }: Pick<TomlError, 'line' | 'column'>): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
}

/** The position in a list, 0 in a table; undefined where there is no such entry. */
function indexOf(at: TomlSource, servers: unknown, { servers: path, named }: TablePlace, name: string) {
  if (named === undefined) return isTable(servers) && Object.hasOwn(servers, name) ? 0 : undefined;
  if (!Array.isArray(servers)) return undefined;
  const [first, second] = servers.flatMap((item, index) => (isTable(item) && item[named] === name ? [index] : []));
  if (second === undefined) return first;
  const node = at.tables.find(({ resolvedKey }) => isPath(resolvedKey, [...path, second]));
  const offset = node?.range[0] ?? inlineHolder(at, path)?.node.range[0] ?? 0;
  throw faultAt(at.text, offset, at.source, `${JSON.stringify(name)} stands here a second time`);
}

function entriesOf(servers: unknown, { named }: TablePlace): Record<string, unknown> | undefined {
  if (servers === undefined) return undefined;
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(servers)
    ? servers.flatMap((item: unknown) => (isTable(item) ? [[item[named ?? ''], item] as const] : []))
    : Object.entries(Object(servers));
  return Object.fromEntries(
    entries.flatMap(([name, entry]) => (typeof name === 'string' ? [[name, plain(entry)]] : [])),
  );
}

/** As JSON would have it: dates as texts, integers past 2^53 as the nearest number. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return isTable(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)])) : value;
}

function insideAt(at: TomlSource, path: KeyPath) {
  const holder = inlineHolder(at, path);
  return holder && holder.rest.length === 0 ? insideOf(holder.node) : undefined;
}

function textsBelow(node: AST.TOMLContentNode, path: TomlPath): TextLeaf[] {
  if (node.type === 'TOMLArray') return node.elements.flatMap((item, index) => textsBelow(item, [...path, index]));
  if (node.type === 'TOMLInlineTable')
    return node.body.flatMap((line) => textsBelow(line.value, [...path, ...keysOf(line.key)]));
  if (node.kind !== 'string') return [];
  const [start, end] = node.range;
  return [{ path: path.map(String), value: node.value, start, end }];
}

/** Tables under headers of their own, down to the entry. */
function print(data: unknown): string {
  return printBelow(data, []).join('\n');
}

function printBelow(data: unknown, path: KeyPath): string[] {
  if (!isTable(data)) return [];
  const inner = Object.entries(data);
  if (path.length < 2 && inner.length > 0 && inner.every(([, value]) => isTable(value))) {
    return inner.flatMap(([key, value]) => printBelow(value, [...path, key]));
  }
  if (path.length === 0 && inner.every(([, value]) => Array.isArray(value))) {
    return inner.flatMap(([key, value]) =>
      [value].flat().flatMap((item) => [`[[${printKeys([key])}]]`, ...printBody(item)]),
    );
  }
  return [...(path.length === 0 ? [] : [`[${printKeys(path)}]`]), ...printBody(data)];
}
