/** Finding one's way in a TOML text, where one table may be written in many places and ways. */
import type { AST } from 'toml-eslint-parser';
import { isTable } from './data.ts';
import { faultAt } from './text.ts';
import type { KeyPath, TablePlace } from './types.ts';

/** Keys from the root; the index of an item in an array of tables is a number. */
export type TomlPath = readonly (string | number)[];

export interface TomlSource {
  readonly text: string;
  readonly source: string;
  readonly tables: readonly AST.TOMLTable[];
  readonly lines: readonly TomlLine[];
  readonly data: unknown;
}

/** A key with its value, below the root or a header. */
export interface TomlLine {
  readonly node: AST.TOMLKeyValue;
  readonly path: TomlPath;
  readonly table: AST.TOMLTable | undefined;
}

export type InlineNode = AST.TOMLInlineTable | AST.TOMLArray;

export const keysOf = ({ keys }: AST.TOMLKey): readonly string[] =>
  keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));

export function linesOf(body: readonly (AST.TOMLKeyValue | AST.TOMLTable)[]): readonly TomlLine[] {
  return body.flatMap((node): TomlLine[] =>
    node.type === 'TOMLTable'
      ? node.body.map((line) => ({ node: line, path: [...node.resolvedKey, ...keysOf(line.key)], table: node }))
      : [{ node, path: keysOf(node.key), table: undefined }],
  );
}

export const startsWith = (path: TomlPath, prefix: TomlPath): boolean =>
  prefix.length <= path.length && prefix.every((key, index) => path[index] === key);

export const isPath = (one: TomlPath, other: TomlPath): boolean =>
  one.length === other.length && startsWith(one, other);

/** The servers' table or list as data; undefined where there is none. Throws where it is something else. */
export function serversIn(at: TomlSource, { servers, named }: TablePlace): unknown {
  let value = at.data;
  for (const [depth, key] of servers.entries()) {
    value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined) return undefined;
    const list = named !== undefined && depth === servers.length - 1;
    if (list ? !Array.isArray(value) : !isTable(value) || value instanceof Date) {
      const path = servers.slice(0, depth + 1);
      const what = `must be ${list ? 'an array of tables' : 'a table'}, and is ${kindOf(value)}`;
      throw faultAt(at.text, placeOf(at, path), at.source, `${JSON.stringify(key)} ${what}`);
    }
  }
  return value;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  return isTable(value) ? 'a table' : `a ${typeof value}`;
}

function placeOf({ lines, tables }: TomlSource, path: KeyPath): number {
  const nodes = [
    ...tables.filter((table) => startsWith(table.resolvedKey, path)),
    ...lines.filter((line) => startsWith(line.path, path)).map(({ node }) => node),
  ];
  return Math.min(...nodes.map(({ range }) => range[0]));
}

/** Where the servers' table is written within braces or brackets, and the keys below those that are still to go. */
export interface InlineHolder {
  readonly node: InlineNode;
  readonly rest: KeyPath;
}

/** Undefined where the servers' table is written below headers, or nowhere. */
export function inlineHolder({ lines }: TomlSource, servers: KeyPath): InlineHolder | undefined {
  const line = lines.find(({ path }) => startsWith(servers, path));
  return line && inlineBelow(line.node.value, servers.slice(line.path.length));
}

function inlineBelow(node: AST.TOMLContentNode, rest: KeyPath): InlineHolder | undefined {
  if (node.type === 'TOMLArray') return rest.length === 0 ? { node, rest } : undefined;
  if (node.type !== 'TOMLInlineTable') return undefined;
  const next = node.body.find(({ key }) => startsWith(rest, keysOf(key)));
  const below = next && rest.length > 0 ? inlineBelow(next.value, rest.slice(keysOf(next.key).length)) : undefined;
  return below ?? { node, rest };
}

/** Every piece of an entry: headers at or below `prefix`, and lines elsewhere that reach into it. */
export interface Pieces {
  readonly tables: readonly AST.TOMLTable[];
  readonly lines: readonly TomlLine[];
}

export function piecesOf({ tables, lines }: TomlSource, prefix: TomlPath): Pieces {
  const own = tables.filter((table) => startsWith(table.resolvedKey, prefix));
  return {
    tables: own,
    lines: lines.filter(({ path, table }) => startsWith(path, prefix) && !(table && own.includes(table))),
  };
}
