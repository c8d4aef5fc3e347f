/** JSON, and JSON with comments: the tree and its ranges come from jsonc-parser, every edit is a splice of ours. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { insertMember, removeMember } from './json-edit.ts';
import { printJson, printMember } from './json-print.ts';
import { memberStyle, styleOf } from './json-style.ts';
import {
  dataOf,
  entriesOf,
  entryIn,
  findEntry,
  findTable,
  insideOf,
  type JsonSource,
  membersOf,
  shortenBeside,
  tableIn,
} from './json-tree.ts';
import { faultAt } from './text.ts';
import type { Edit, Format, KeyPath, ParsedConfig, TablePlace, TextLeaf } from './types.ts';

/** As the standard has it: comments and trailing commas are faults. */
export const json: Format = { parse: (text, source) => parse(text, source, true), print: printAlone };
/** With comments and trailing commas. */
export const jsonc: Format = { parse: (text, source) => parse(text, source, false), print: printAlone };

function printAlone(data: unknown): string {
  return JSON.stringify(data, null, 2);
}

function parse(text: string, source: string, strict: boolean): ParsedConfig {
  const errors: ParseError[] = [];
  const options = { disallowComments: strict, allowTrailingComma: !strict, allowEmptyContent: true };
  const root = parseTree(text, errors, options);
  const [first] = errors;
  if (first) throw faultAt(text, first.offset, source, faultText(first, strict));
  if (root && root.type !== 'object') throw faultAt(text, root.offset, source, 'an object was expected here');
  const at: JsonSource = { text, source };
  return {
    get data() {
      return root && dataOf(root);
    },
    table: (place) => entriesOf(findTable(at, root, place), place),
    entry(place, name) {
      const found = findEntry(at, root, place, name);
      return found && dataOf(found.member.value);
    },
    put: (place, name, value) =>
      root ? putInto(at, root, { place, name, value }) : putAll(at, { place, name, value }),
    cut(place, name) {
      const found = findEntry(at, root, place, name);
      return found ? removeMember(text, found.table, found.member) : [];
    },
    inside: (path) => insideOf(at, root, path),
    shorten: (place, touched) => (root ? shortenBeside(root, place, touched) : []),
    texts: () => (root ? textsBelow(root, []) : []),
  };
}

function faultText(error: ParseError, strict: boolean): string {
  const code = printParseErrorCode(error.error);
  if (code === 'InvalidCommentToken') return 'a comment, which this client does not allow';
  if (strict && (code === 'PropertyNameExpected' || code === 'ValueExpected')) {
    return 'a name or value was expected here (a trailing comma, perhaps, which this client does not allow)';
  }
  return `not valid JSON (${code.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()})`;
}

interface Put {
  readonly place: TablePlace;
  readonly name: string;
  readonly value: unknown;
}

/** The value of the key at `depth` of the path to the servers, with the entry in it. */
const nest = ({ place, name, value }: Put, depth: number): unknown =>
  place.servers
    .slice(depth)
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), place.named === undefined ? { [name]: value } : [value]);

/** An empty text becomes a document; comments alone stay above it. */
function putAll({ text }: JsonSource, put: Put): Edit {
  const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  const style = { lineEnd, unit: '  ', indent: '', spaced: true };
  const head = text.trim() === '' ? '' : text.replace(/[^\r\n]$/, `$&${lineEnd}`);
  const whole = head + printJson(nest(put, 0), style) + lineEnd;
  const { servers } = put.place;
  const tables = [[], ...servers.map((_, depth) => servers.slice(0, depth + 1))];
  return { splices: [{ start: 0, end: text.length, text: whole }], made: { tables, interior: text } };
}

function putInto(at: JsonSource, root: Node, put: Put): Edit {
  const { servers, named } = put.place;
  let table = root;
  for (const [depth, key] of servers.entries()) {
    const found = entryIn(at, table, key);
    if (!found) return putTables(at, root, { table, depth, put });
    table = tableIn(at, found, named !== undefined && depth === servers.length - 1 ? 'array' : 'object');
  }
  const { text } = at;
  const style = styleOf(text, root);
  const found = entryIn(at, table, put.name, put.place);
  if (found) {
    const { offset: start, length } = found.value;
    const printed = printJson(put.value, memberStyle(text, style, table, found.node));
    return { splices: [{ start, end: start + length, text: printed }], made: { tables: [] } };
  }
  const splices = insertMember(text, table, style, (near) =>
    named === undefined ? printMember(put.name, put.value, near) : printJson(put.value, near),
  );
  return { splices, made: madeIn(at, table, []) };
}

/** Adds the keys from `depth` on to `table`, the innermost one that is there. */
function putTables(at: JsonSource, root: Node, { table, depth, put }: { table: Node; depth: number; put: Put }): Edit {
  const { servers } = put.place;
  const inner = nest(put, depth + 1);
  const splices = insertMember(at.text, table, styleOf(at.text, root), (near) =>
    printMember(servers[depth] ?? '', inner, near),
  );
  const tables = servers.slice(depth).map((_, more) => servers.slice(0, depth + more + 1));
  return { splices, made: madeIn(at, table, tables) };
}

function madeIn({ text }: JsonSource, table: Node, tables: readonly KeyPath[]): Edit['made'] {
  if ((table.children ?? []).length > 0) return { tables };
  return { tables, interior: text.slice(table.offset + 1, table.offset + table.length - 1) };
}

function textsBelow(node: Node, path: KeyPath): TextLeaf[] {
  if (node.type === 'string') {
    return [{ path, value: String(node.value), start: node.offset, end: node.offset + node.length }];
  }
  if (node.type === 'object')
    return membersOf(node).flatMap(({ key, value }) => textsBelow(value, [...path, String(key.value)]));
  return (node.children ?? []).flatMap((child, index) => textsBelow(child, [...path, String(index)]));
}
