/** Items of a list on one line or several, with commas between them. */
import { beginsLine, indentAt, lineEndAt } from './text.ts';
import type { Span, Splice } from './types.ts';

/** A comma, and a comment on its line: it is about the item before it. */
const NOTE = /^[ \t]*,[ \t]*#[^\r\n]*/;

/** Right behind the last item, so that a comma behind it stays where it is; below a comment on that item's line. */
export function appendItem(text: string, inside: Span, items: readonly Span[], printed: string): Splice {
  const last = items.at(-1);
  if (!last) return { ...inside, text: printed };
  const lead = beginsLine(text, last.start) ? lineEndAt(text, last.start) + indentAt(text, last.start) : ' ';
  const noted = lead === ' ' ? undefined : NOTE.exec(text.slice(last.end, inside.end))?.[0];
  if (noted !== undefined) {
    const at = last.end + noted.length;
    return { start: at, end: at, text: `${lead}${printed},` };
  }
  return { start: last.end, end: last.end, text: `,${lead}${printed}` };
}

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
  if (line) return [{ ...line, text: '' }];
  return gone.map((item) => {
    const index = items.indexOf(item);
    const headless = items.slice(0, index).every((each) => gone.includes(each));
    return headless
      ? { start: item.start, end: items[index + 1]?.start ?? item.end, text: '' }
      : { start: items[index - 1]?.end ?? item.start, end: item.end, text: '' };
  });
}

/** An item and its comma, alone on the line below one that ends in a comment: the line goes, the comment stays. */
function ownLine(text: string, items: readonly Span[], item: Span): Span | undefined {
  const before = items[items.indexOf(item) - 1];
  if (!before) return undefined;
  const between = text.slice(before.end, item.start);
  const noted = NOTE.exec(between)?.[0];
  const comma = /^[ \t]*,(?=[ \t]*(?:[\r\n]|$))/.exec(text.slice(item.end))?.[0];
  if (noted === undefined || comma === undefined || !/^(?:\r\n|\n|\r)[ \t]*$/.test(between.slice(noted.length)))
    return undefined;
  return { start: before.end + noted.length, end: item.end + comma.length };
}
