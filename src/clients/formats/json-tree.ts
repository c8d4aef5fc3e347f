/** Finding one's way in the tree of a JSON text. */
import type { Node } from 'jsonc-parser';
import type { Member } from './json-edit.ts';
import { faultAt } from './text.ts';
import type { KeyPath, Span, Splice, TablePlace } from './types.ts';

export interface JsonSource {
  readonly text: string;
  readonly source: string;
}

/** What holds entries, and one of them. */
export interface Found {
  readonly table: Node;
  readonly member: Member;
}

export function membersOf(table: Node): readonly Member[] {
  return (table.children ?? []).flatMap((node) => {
    const [key, value] = node.children ?? [];
    return key && value ? [{ node, key, value }] : [];
  });
}

/** As plain data, `__proto__` too: the parser's own way takes that for the prototype. */
export function dataOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(dataOf);
  if (node.type !== 'object') return node.value;
  return Object.fromEntries(membersOf(node).map(({ key, value }) => [String(key.value), dataOf(value)]));
}

/** The items of a list that have a name; what has none is no entry. */
function itemsOf(list: Node, named: string): readonly Member[] {
  return (list.children ?? []).flatMap((node) => {
    const key = node.type === 'object' && membersOf(node).find((each) => each.key.value === named)?.value;
    return key && key.type === 'string' ? [{ node, key, value: node }] : [];
  });
}

const entriesIn = (table: Node, { named }: Pick<TablePlace, 'named'>) =>
  named === undefined ? membersOf(table) : itemsOf(table, named);

/** Throws where the key stands twice: readers do not agree on which of them counts. */
export function entryIn(
  at: JsonSource,
  table: Node,
  key: string,
  place: Pick<TablePlace, 'named'> = {},
): Member | undefined {
  const [found, second] = entriesIn(table, place).filter((each) => each.key.value === key);
  if (second) throw faultAt(at.text, second.node.offset, at.source, `${JSON.stringify(key)} stands here a second time`);
  return found;
}

/** Throws where the value is none of that type. */
export function tableIn(at: JsonSource, found: Member, type: 'object' | 'array'): Node {
  if (found.value.type === type) return found.value;
  const what = `must be ${article(type)}, and is ${article(found.value.type)}`;
  throw faultAt(at.text, found.value.offset, at.source, `${JSON.stringify(found.key.value)} ${what}`);
}

const article = (type: string) => (type === 'null' ? 'null' : `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`);

/** The table, or the list of items that name themselves. */
export function findTable(at: JsonSource, root: Node | undefined, { servers, named }: TablePlace): Node | undefined {
  let table = root;
  for (const [depth, key] of servers.entries()) {
    const found = table && entryIn(at, table, key);
    const type = named !== undefined && depth === servers.length - 1 ? 'array' : 'object';
    table = found && tableIn(at, found, type);
  }
  return table;
}

export function findEntry(at: JsonSource, root: Node | undefined, place: TablePlace, name: string): Found | undefined {
  const table = findTable(at, root, place);
  const member = table && entryIn(at, table, name, place);
  return member && { table, member };
}

export function entriesOf(table: Node | undefined, place: TablePlace): Record<string, unknown> | undefined {
  return (
    table && Object.fromEntries(entriesIn(table, place).map(({ key, value }) => [String(key.value), dataOf(value)]))
  );
}

/** Between the braces or brackets at `path`. */
export function insideOf(at: JsonSource, root: Node | undefined, path: KeyPath): Span | undefined {
  const owner = findTable(at, root, { servers: path.slice(0, -1) });
  const table = path.length === 0 ? owner : owner && entryIn(at, owner, path.at(-1) ?? '')?.value;
  if (!table || !['object', 'array'].includes(table.type)) return undefined;
  return { start: table.offset + 1, end: table.offset + table.length - 1 };
}

/** Values that are not on the way to the servers and touch nothing become a digit each: JSON has no context. */
export function shortenBeside(root: Node, { servers, named }: TablePlace, touched: readonly Span[]): Splice[] {
  const splices: Splice[] = [];
  let table: Node | undefined = root;
  for (let depth = 0; table && depth <= servers.length; depth += 1) {
    const members: readonly Member[] =
      depth === servers.length && named !== undefined
        ? (table.children ?? []).map((node) => ({ node, key: node, value: node }))
        : membersOf(table);
    let next: Node | undefined;
    for (const { key, value } of members) {
      const span = { start: value.offset, end: value.offset + value.length };
      if (depth < servers.length && key.value === servers[depth]) next = value;
      else if (!touched.some(({ start, end }) => start < span.end && span.start < end))
        splices.push({ ...span, text: '0' });
    }
    table = next;
  }
  return splices;
}
