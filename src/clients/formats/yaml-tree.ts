/** Finding one's way in the tree of a YAML text. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { faultAt, lineStart } from './text.ts';
import type { KeyPath, Span, TablePlace } from './types.ts';

export interface YamlSource {
  readonly text: string;
  readonly source: string;
  readonly document: Document.Parsed;
}

/** A member of a mapping, or an item of a list under the name that it gives itself. */
export interface YamlMember {
  readonly name: string;
  readonly key: Span;
  /** Undefined behind a bare key of a flow mapping. */
  readonly value: Node | undefined;
}

export type YamlTable = YAMLMap<unknown, unknown> | YAMLSeq<unknown>;

export const spanOf = ({ range }: Node): Span => ({ start: range?.[0] ?? 0, end: range?.[1] ?? 0 });

export const fault = ({ text, source }: YamlSource, offset: number, what: string) =>
  faultAt(text, offset, source, what);

function membersOf(map: YAMLMap<unknown, unknown>): readonly YamlMember[] {
  return map.items.flatMap(({ key, value }) => {
    if (!isScalar(key) || key.value === null || key.value === '<<') return [];
    return [{ name: String(key.value), key: spanOf(key), value: isNode(value) ? value : undefined }];
  });
}

/** Items without a name are no entries. */
function itemsOf(list: YAMLSeq<unknown>, named: string): readonly YamlMember[] {
  return list.items.flatMap((item) => {
    const own = isMap(item) ? membersOf(item).find(({ name }) => name === named) : undefined;
    const name = isScalar(own?.value) && typeof own.value.value === 'string' ? own.value.value : undefined;
    return isNode(item) && own && name !== undefined ? [{ name, key: own.key, value: item }] : [];
  });
}

export const entriesIn = (table: YamlTable, named: string | undefined): readonly YamlMember[] =>
  isMap(table) ? membersOf(table) : itemsOf(table, named ?? '');

/** Throws where the name stands twice. */
export function entryIn(at: YamlSource, table: YamlTable, name: string, named?: string): YamlMember | undefined {
  const [found, second] = entriesIn(table, named).filter((each) => each.name === name);
  if (second) throw fault(at, second.key.start, `${JSON.stringify(name)} stands here a second time`);
  return found;
}

/** Nothing is written behind the key: a table that may be begun. */
export const isBare = (node: Node | undefined): boolean =>
  node === undefined || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1] && !node.anchor);

/** How far the way to the servers goes: the innermost table that is there, and the keys that are missing in it. */
export interface Way {
  /** Undefined in an empty document. */
  readonly table: YamlTable | undefined;
  /** Keys that are not there; the first one may be there without a value. */
  readonly missing: KeyPath;
  readonly bare: YamlMember | undefined;
}

/** Throws where something else stands on the way. */
export function wayTo(at: YamlSource, { servers, named }: TablePlace): Way {
  const root = at.document.contents;
  if (root === null || isBare(root)) return { table: undefined, missing: servers, bare: undefined };
  if (!isMap(root)) throw fault(at, spanOf(root).start, `a mapping was expected here, and it is ${kindOf(root)}`);
  let table: YamlTable = root;
  for (const [depth, key] of servers.entries()) {
    const found: YamlMember | undefined = entryIn(at, table, key);
    if (!found || isBare(found.value)) return { table, missing: servers.slice(depth), bare: found };
    table = tableOf(at, found, named !== undefined && depth === servers.length - 1);
  }
  return { table, missing: [], bare: undefined };
}

function tableOf(at: YamlSource, { name, key, value }: YamlMember, list: boolean): YamlTable {
  if (list && isSeq(value)) return value;
  if (!list && isMap(value)) return value;
  const what = `must be ${list ? 'a list' : 'a mapping'}, and is ${kindOf(value)}`;
  throw fault(at, value ? spanOf(value).start : key.start, `${JSON.stringify(name)} ${what}`);
}

function kindOf(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return 'an alias (*), which mcpkey does not edit';
  return isScalar(node) && node.value === null ? 'null' : 'a single value';
}

/** Offset behind the last character that belongs to a node; comments do not. */
export function endOf(at: YamlSource, node: Node | undefined, fallback: number): number {
  const last = lastLeaf(node);
  if (!last) return fallback;
  const { start, end } = spanOf(last);
  if (isBlockScalar(last)) return start + at.text.slice(start, end).trimEnd().length;
  if (!isBare(last)) return Math.max(end, fallback);
  // Where nothing is written, the blanks before a comment are the comment's.
  const line = lineStart(at.text, end);
  return Math.max(line + at.text.slice(line, end).trimEnd().length, fallback);
}

export const endOfMember = (at: YamlSource, { key, value }: YamlMember): number => endOf(at, value, key.end);

/** The last thing of a table that is written with a range of its own: a scalar, an alias or a flow collection. */
export function lastLeaf(node: unknown): Node | undefined {
  if (isPair(node)) return lastLeaf(node.value) ?? lastLeaf(node.key);
  if (isCollection(node) && !node.flow) return lastLeaf(node.items.at(-1));
  return isNode(node) ? node : undefined;
}

export const isBlockScalar = (node: Node | undefined): boolean =>
  isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');

/** The blanks before what begins at `offset`, on its line; throws where something else stands there. */
export function indentOf(at: YamlSource, offset: number, lead = /^ *$/): string {
  const before = at.text.slice(lineStart(at.text, offset), offset);
  if (!lead.test(before)) throw fault(at, offset, 'this is written in a way that mcpkey does not edit');
  return before;
}

/** What other parts of the file may point to goes with nobody's entry. */
export function refuseAnchors(at: YamlSource, node: Node | undefined): void {
  if (!node) return;
  visit(node, {
    Node(_key, inner) {
      if ('anchor' in inner && inner.anchor)
        throw fault(at, spanOf(inner).start, `the anchor &${inner.anchor} may be in use elsewhere`);
    },
  });
}
