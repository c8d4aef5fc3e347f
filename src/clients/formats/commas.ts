/** Items of a list on one line or several, with commas between them. */
import { beginsLine, indentAt, lineEndAt } from './text.ts';
import type { Span, Splice } from './types.ts';

/** A comment on an item's line, behind its comma where it has one: it is about that item. */
const NOTE = /^([ \t]*,)?[ \t]*#[^\r\n]*/;

/** Right behind the last item, so that a comma behind it stays where it is; below a comment on that item's line. */
export function appendItem(text: string, inside: Span, items: readonly Span[], printed: string): Splice[] {
  const last = items.at(-1);
  if (!last) return [{ ...inside, text: printed }];
  const lead = beginsLine(text, last.start) ? lineEndAt(text, last.start) + indentAt(text, last.start) : ' ';
  const noted = lead === ' ' ? null : NOTE.exec(text.slice(last.end, inside.end));
  if (!noted) return [insert(last.end, `,${lead}${printed}`)];
  const at = last.end + noted[0].length;
  if (noted[1] !== undefined) return [insert(at, `${lead}${printed},`)];
  return [insert(last.end, ','), insert(at, lead + printed)];
}

const insert = (at: number, text: string): Splice => ({ start: at, end: at, text });

/** The reverse. */
export function removeItems(text: string, items: readonly Span[], spans: readonly Span[]): Splice[] {
  const gone = items.filter(({ start }) => spans.some((span) => span.start === start));
  const kept = items.filter((item) => !gone.includes(item));
  const [first, last] = [items[0], items.at(-1)];
  if (kept.length === 0) {
    if (!first || !last) return [];
    const comma = /^[ \t\r\n]*,/.exec(text.slice(last.end))?.[0].length ?? 0;
    return [{ start: first.start, end: last.end + comma, text: '' }];
  }
  const [only, second] = gone;
  const line = only && !second ? ownLine(text, items, only) : undefined;
  if (line) return line;
  return gone.map((item) => {
    const index = items.indexOf(item);
    const headless = items.slice(0, index).every((each) => gone.includes(each));
    return headless
      ? { start: item.start, end: items[index + 1]?.start ?? item.end, text: '' }
      : { start: items[index - 1]?.end ?? item.start, end: item.end, text: '' };
  });
}

/**
 * An item alone on the line below one that ends in a comment: the line goes, the comment stays. Without a comma of its
 * own it is the last one, and the comma before that comment stood there for its sake.
 */
function ownLine(text: string, items: readonly Span[], item: Span): Splice[] | undefined {
  const before = items[items.indexOf(item) - 1];
  if (!before) return undefined;
  const between = text.slice(before.end, item.start);
  const [noted, lead] = NOTE.exec(between) ?? [];
  if (noted === undefined || lead === undefined) return undefined;
  if (!/^(?:\r\n|\n|\r)[ \t]*$/.test(between.slice(noted.length))) return undefined;
  const start = before.end + noted.length;
  const comma = /^[ \t]*,(?=[ \t]*(?:[\r\n]|$))/.exec(text.slice(item.end))?.[0];
  if (comma !== undefined) return [{ start, end: item.end + comma.length, text: '' }];
  if (item !== items.at(-1) || /^\s*,/.test(text.slice(item.end))) return undefined;
  return [
    { start: before.end + lead.length - 1, end: before.end + lead.length, text: '' },
    { start, end: item.end, text: '' },
  ];
}
