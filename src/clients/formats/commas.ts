/** Items of a list on one line or several, with commas between them. */
import { beginsLine, indentAt, lineEndAt } from './text.ts';
import type { Span, Splice } from './types.ts';

/** Right behind the last item, so that comments and a comma behind it stay where they are. */
export function appendItem(text: string, inside: Span, items: readonly Span[], printed: string): Splice {
  const last = items.at(-1);
  if (!last) return { ...inside, text: printed };
  const lead = beginsLine(text, last.start) ? lineEndAt(text, last.start) + indentAt(text, last.start) : ' ';
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
  return gone.map((item) => {
    const index = items.indexOf(item);
    const headless = items.slice(0, index).every((each) => gone.includes(each));
    return headless
      ? { start: item.start, end: items[index + 1]?.start ?? item.end, text: '' }
      : { start: items[index - 1]?.end ?? item.start, end: item.end, text: '' };
  });
}
