/** Which stretches of a YAML text a table takes up, and which of them an edit elsewhere has nothing to do with. */
import { isCollection, isMap, isNode, isPair, isSeq } from 'yaml';
import { nextLine } from './lines.ts';
import { lineStart } from './text.ts';
import type { Span, Splice } from './types.ts';
import { behindIndented } from './yaml-edit.ts';
import { endOf, spanOf, type YamlMember, type YamlSource, type YamlTable } from './yaml-tree.ts';

/** Between the braces or brackets; in a block, from behind the colon to the comments that are indented below it. */
export function insideOf(at: YamlSource, { key, value }: YamlMember): Span {
  if (isCollection(value) && value.flow) return betweenBrackets(spanOf(value));
  const colon = at.text.indexOf(':', key.end) + 1;
  const column = key.start - lineStart(at.text, key.start);
  const behind = nextLine(at.text, endOf(at, value, colon));
  return { start: colon, end: behindIndented(at.text, behind, column + 1) };
}

export function insideRoot({ document: { contents } }: YamlSource): Span | undefined {
  return isCollection(contents) && contents.flow ? betweenBrackets(spanOf(contents)) : undefined;
}

const betweenBrackets = ({ start, end }: Span): Span => ({ start: start + 1, end: end - 1 });

/** Takes out the lines of members and items that are touched by none of the spans; of those touched, what is in them. */
export function shorten(at: YamlSource, touched: readonly Span[]): readonly Splice[] {
  const { contents } = at.document;
  if (!isMap(contents)) return [];
  return shortenTable(at, contents, at.text.length, touched);
}

function shortenTable(at: YamlSource, table: YamlTable, end: number, touched: readonly Span[]): Splice[] {
  if (table.flow) return [];
  const lead = isSeq(table) ? /^ *- +$/ : /^ *$/;
  const items: readonly unknown[] = table.items;
  const starts = items.map((item) => beginOf(at, item, lead));
  return items.flatMap((item, index) => {
    const start = starts[index];
    const next = index === items.length - 1 ? end : starts[index + 1];
    if (start === undefined || next === undefined) return [];
    const isLast = index === items.length - 1;
    if (!isLast && !touched.some((span) => span.start <= next && start <= span.end))
      return [{ start, end: next, text: '' }];
    const value = isPair(item) ? item.value : item;
    return isMap(value) || isSeq(value) ? shortenTable(at, value, next, touched) : [];
  });
}

/** Where the lines of an item begin; undefined where it does not begin a line. */
function beginOf({ text }: YamlSource, item: unknown, lead: RegExp): number | undefined {
  const node = isPair(item) ? item.key : item;
  if (!isNode(node)) return undefined;
  const { start } = spanOf(node);
  const begin = lineStart(text, start);
  return lead.test(text.slice(begin, start)) ? begin : undefined;
}
