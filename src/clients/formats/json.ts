/** JSON, and JSON with comments: the tree and its ranges come from jsonc-parser, every edit is a splice of ours. */
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { insertMember, type Member, removeMember } from './json-edit.ts';
import { printJson, printMember } from './json-print.ts';
import { memberStyle, styleOf } from './json-style.ts';
import { faultAt } from './text.ts';
import type { Format, KeyPath, ParsedConfig, TextLeaf } from './types.ts';

/** As the standard has it: comments and trailing commas are faults. */
export const json: Format = { parse: (text, source) => parse(text, source, true), print: printAlone };
/** With comments and trailing commas. */
export const jsonc: Format = { parse: (text, source) => parse(text, source, false), print: printAlone };

function printAlone(data: unknown): string {
  return JSON.stringify(data, null, 2);
}

interface JsonSource {
  readonly text: string;
  readonly source: string;
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
    data: root && getNodeValue(root),
    table: (path) => entriesOf(findTable(at, root, path)),
    put: (table, name, value) => (root ? putInto(at, root, table, name, value) : putAll(at, table, name, value)),
    cut(path) {
      const found = findMember(at, root, path);
      return found ? removeMember(text, found.table, found.member) : [];
    },
    interior: (path) => interiorOf(at, root, path),
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

function membersOf(table: Node): readonly Member[] {
  return (table.children ?? []).flatMap((node) => {
    const [key, value] = node.children ?? [];
    return key && value ? [{ node, key, value }] : [];
  });
}

/** Throws where the key stands twice: readers do not agree on which of them counts. */
function member(at: JsonSource, table: Node, key: string): Member | undefined {
  const [found, second] = membersOf(table).filter((each) => each.key.value === key);
  if (second) throw faultAt(at.text, second.node.offset, at.source, `${JSON.stringify(key)} stands here a second time`);
  return found;
}

function tableOf(at: JsonSource, found: Member): Node {
  if (found.value.type === 'object') return found.value;
  const name = JSON.stringify(found.key.value);
  throw faultAt(
    at.text,
    found.value.offset,
    at.source,
    `${name} must be an object, and is ${article(found.value.type)}`,
  );
}

const article = (type: string) => (type === 'null' ? 'null' : type === 'array' ? 'an array' : `a ${type}`);

function findTable(at: JsonSource, root: Node | undefined, path: KeyPath): Node | undefined {
  let table = root;
  for (const key of path) {
    const found = table && member(at, table, key);
    table = found && tableOf(at, found);
  }
  return table;
}

function findMember(at: JsonSource, root: Node | undefined, path: KeyPath) {
  const table = findTable(at, root, path.slice(0, -1));
  const found = table && member(at, table, path.at(-1) ?? '');
  return found && { table, member: found };
}

function entriesOf(table: Node | undefined): Record<string, unknown> | undefined {
  return (
    table && Object.fromEntries(membersOf(table).map(({ key, value }) => [String(key.value), getNodeValue(value)]))
  );
}

function interiorOf(at: JsonSource, root: Node | undefined, path: KeyPath) {
  if (path.length === 0 && !root) return { start: 0, end: at.text.length };
  const table = findTable(at, root, path);
  if (!table || membersOf(table).length > 0) return undefined;
  return { start: table.offset + 1, end: table.offset + table.length - 1 };
}

const nest = (keys: KeyPath, value: unknown): unknown =>
  keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

/** An empty text becomes a document; comments alone stay above it. */
function putAll({ text }: JsonSource, table: KeyPath, name: string, value: unknown): ReturnType<ParsedConfig['put']> {
  const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  const style = { lineEnd, unit: '  ', indent: '', spaced: true };
  const head = text.trim() === '' ? '' : text.replace(/[^\r\n]$/, `$&${lineEnd}`);
  const whole = head + printJson(nest([...table, name], value), style) + lineEnd;
  const tables = [[], ...table.map((_, depth) => table.slice(0, depth + 1))];
  return { splices: [{ start: 0, end: text.length, text: whole }], made: { tables, interior: text } };
}

function putInto(
  at: JsonSource,
  root: Node,
  path: KeyPath,
  name: string,
  value: unknown,
): ReturnType<ParsedConfig['put']> {
  const { text } = at;
  const style = styleOf(text, root);
  const steps = [...path, name];
  let table = root;
  for (const [depth, key] of steps.entries()) {
    const found = member(at, table, key);
    const last = depth === steps.length - 1;
    if (found && last) {
      const { offset: start, length } = found.value;
      const printed = printJson(value, memberStyle(text, style, table, found.node));
      return { splices: [{ start, end: start + length, text: printed }], made: { tables: [] } };
    }
    if (!found) {
      const inner = nest(steps.slice(depth + 1), value);
      const tables = path.slice(depth).map((_, more) => path.slice(0, depth + more + 1));
      const empty = interiorOf(at, root, path.slice(0, depth));
      const made = empty ? { tables, interior: text.slice(empty.start, empty.end) } : { tables };
      return { splices: insertMember(text, table, style, (near) => printMember(key, inner, near)), made };
    }
    table = tableOf(at, found);
  }
  return { splices: [], made: { tables: [] } };
}

function textsBelow(node: Node, path: KeyPath): TextLeaf[] {
  if (node.type === 'string') {
    return [{ path, value: String(node.value), start: node.offset, end: node.offset + node.length }];
  }
  if (node.type === 'object')
    return membersOf(node).flatMap(({ key, value }) => textsBelow(value, [...path, String(key.value)]));
  return (node.children ?? []).flatMap((child, index) => textsBelow(child, [...path, String(index)]));
}
