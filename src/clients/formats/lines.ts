/** Blocks of lines put into and taken out of a text, so that taking out what was put gives the text of before. */
import { lineEndAt, lineStart } from './text.ts';
import type { Splice } from './types.ts';

/** Offset behind the last character of the line of `offset`, before its line end. */
export function lineStop(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}

/** Offset of the next line, behind the line end. */
export function nextLine(text: string, offset: number): number {
  const stop = lineStop(text, offset);
  return text.startsWith('\r\n', stop) ? stop + 2 : Math.min(stop + 1, text.length);
}

/** Offset where the line end before `offset` begins, or `offset` where a line begins the text. */
function beforeLineEnd(text: string, offset: number): number {
  if (offset > 1 && text.slice(offset - 2, offset) === '\r\n') return offset - 2;
  return offset > 0 && /[\r\n]/.test(text[offset - 1] ?? '') ? offset - 1 : offset;
}

export const endsOpen = (text: string): boolean => text !== '' && !/[\r\n]$/.test(text);

/**
 * A block of lines at `at`, which begins a line or ends the text; `gap` puts an empty line before it. At the end of a
 * text whose last line is open, the block's last line is open too.
 */
export function insertLines(text: string, at: number, lines: readonly string[], { gap }: { gap: boolean }): Splice {
  const lineEnd = lineEndAt(text, at);
  const open = at === text.length && endsOpen(text);
  const before = at === 0 ? '' : (open ? lineEnd : '') + (gap ? lineEnd : '');
  const block = lines.join(lineEnd);
  return { start: at, end: at, text: open ? before + block : before + block + lineEnd };
}

/** The reverse: the lines from that of `start` to that of `end`, and with `gap` the empty line before them. */
export function removeLines(text: string, start: number, end: number, { gap }: { gap: boolean }): Splice {
  const stop = nextLine(text, end);
  const open = stop === lineStop(text, end);
  let from = lineStart(text, start);
  if (gap && beforeLineEnd(text, from) === lineStart(text, beforeLineEnd(text, from))) from = beforeLineEnd(text, from);
  return { start: open ? beforeLineEnd(text, from) : from, end: stop, text: '' };
}

/**
 * Behind the comments that stand at `first`, where a line begins, since they speak of what is above them; not where they
 * stand right above something else.
 */
export function behindComments(text: string, first: number): number {
  const at = skipLines(text, first, (line) => /^[ \t]*#/.test(line));
  const follows = text.slice(at, lineStop(text, at));
  return at === text.length || follows.trim() === '' ? at : first;
}

/** Offset of the first line, from `first` on, of which that is not true. */
export function skipLines(text: string, first: number, isMeant: (line: string) => boolean): number {
  let at = first;
  while (at < text.length && isMeant(text.slice(at, lineStop(text, at)))) at = nextLine(text, at);
  return at;
}
