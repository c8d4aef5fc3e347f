/** YAML: the tree and its ranges come from the yaml package, every edit is a splice of ours. */
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { faultAt } from './text.ts';
import type { Format, KeyPath, ParsedConfig, TablePlace, TextLeaf } from './types.ts';
import { addEntry, removeEntry, replaceEntry } from './yaml-edit.ts';
import { printBelow } from './yaml-print.ts';
import { insideOf, insideRoot, shorten } from './yaml-span.ts';
import { entriesIn, entryIn, spanOf, wayTo, type YamlMember, type YamlSource, type YamlTable } from './yaml-tree.ts';

export const yaml: Format = { parse, print };

function parse(text: string, source: string): ParsedConfig {
  const at: YamlSource = { text, source, document: documentOf(text, source) };
  const find = (place: TablePlace, name: string): { table: YamlTable; entry: YamlMember } | undefined => {
    const { table, missing } = wayTo(at, place);
    const entry = table && missing.length === 0 ? entryIn(at, table, name, place.named) : undefined;
    return table && entry && { table, entry };
  };
  return {
    get data() {
      return resolved(at, () => at.document.toJS() ?? undefined);
    },
    table: (place) => resolved(at, () => entriesOf(at, place)),
    entry(place, name) {
      const found = find(place, name);
      return found && resolved(at, () => found.entry.value?.toJS(at.document) ?? null);
    },
    put(place, name, value) {
      const found = find(place, name);
      if (!found) return addEntry(at, wayTo(at, place), { place, name, value });
      return { splices: [replaceEntry(at, found.table, found.entry, value)], made: { tables: [] } };
    },
    cut(place, name) {
      const found = find(place, name);
      return found ? removeEntry(at, found.table, found.entry) : [];
    },
    inside(path) {
      if (path.length === 0) return insideRoot(at);
      const { table, missing } = wayTo(at, { servers: path.slice(0, -1) });
      const member = table && missing.length === 0 ? entryIn(at, table, path.at(-1) ?? '') : undefined;
      return member && insideOf(at, member);
    },
    shorten: (_place, touched) => shorten(at, touched),
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

/** Resolves aliases. Throws where one points nowhere, and where they are so many that they would fill the memory. */
function resolved<T>({ text, source }: YamlSource, read: () => T): T {
  try {
    return read();
  } catch (error) {
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
