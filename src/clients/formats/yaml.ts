/** YAML: the tree and its ranges come from the yaml package, every edit is a splice of ours. */
import { type Document, isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { faultAt } from './text.ts';
import type { Format, KeyPath, ParsedConfig, TablePlace, TextLeaf } from './types.ts';
import { addEntry, bareInterior, flowInterior, removeEntry, replaceEntry } from './yaml-edit.ts';
import { printBelow } from './yaml-print.ts';
import {
  entriesIn,
  entryIn,
  isBare,
  spanOf,
  wayTo,
  type YamlMember,
  type YamlSource,
  type YamlTable,
} from './yaml-tree.ts';

export const yaml: Format = { parse, print };

function parse(text: string, source: string): ParsedConfig {
  const at: YamlSource = { text, source, document: documentOf(text, source) };
  const data = dataOf(at);
  const find = (place: TablePlace, name: string): { table: YamlTable; entry: YamlMember } | undefined => {
    const { table, missing } = wayTo(at, place);
    const entry = table && missing.length === 0 ? entryIn(at, table, name, place.named) : undefined;
    return table && entry && { table, entry };
  };
  return {
    data,
    table: (place) => entriesOf(at, place),
    put(place, name, value) {
      const found = find(place, name);
      if (!found) return addEntry(at, wayTo(at, place), { place, name, value });
      return { splices: [replaceEntry(at, found.table, found.entry, value)], made: { tables: [] } };
    },
    cut(place, name) {
      const found = find(place, name);
      return found ? removeEntry(at, found.table, found.entry) : [];
    },
    interior(path) {
      const parent = wayTo(at, { servers: path.slice(0, -1) });
      const member = parent.table && parent.missing.length === 0 && entryIn(at, parent.table, path.at(-1) ?? '');
      if (!member) return undefined;
      if (isBare(member.value)) return bareInterior(at, member);
      const { value } = member;
      return isCollection(value) && value.flow && value.items.length === 0 ? flowInterior(value) : undefined;
    },
    texts: () => textsBelow(at.document.contents, []),
  };
}

function documentOf(text: string, source: string): Document.Parsed {
  // Some readers end a line there, others do not.
  const lone = /\r(?!\n)/.exec(text);
  if (lone) throw faultAt(text, lone.index, source, 'a carriage return that ends no line');
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (!error) return document;
  const several = error.code === 'MULTIPLE_DOCS';
  const what = several ? 'another document begins, and mcpkey edits files of one' : `not valid YAML (${error.message})`;
  throw faultAt(text, error.pos[0], source, what);
}

function dataOf({ document, text, source }: YamlSource): unknown {
  try {
    return document.toJS() ?? undefined;
  } catch (error) {
    // An alias that points nowhere, or so many that they would fill the memory.
    if (!(error instanceof ReferenceError)) throw error;
    throw faultAt(text, 0, source, `not valid YAML (${error.message})`);
  }
}

function entriesOf(at: YamlSource, place: TablePlace): Record<string, unknown> | undefined {
  const { table, missing } = wayTo(at, place);
  if (!table || missing.length > 0) return undefined;
  return Object.fromEntries(
    entriesIn(table, place.named).map(({ name, value }) => [name, value?.toJS(at.document) ?? null]),
  );
}

function textsBelow(node: unknown, path: KeyPath): TextLeaf[] {
  if (isScalar(node) && typeof node.value === 'string') return [{ path, value: node.value, ...spanOf(node) }];
  if (isSeq(node)) return node.items.flatMap((item, index) => textsBelow(item, [...path, String(index)]));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => textsBelow(value, [...path, isScalar(key) ? String(key.value) : '']));
}

function print(data: unknown): string {
  return printBelow(data, '  ').join('\n');
}
