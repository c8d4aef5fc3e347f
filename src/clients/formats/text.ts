/** What every format needs of a text: its bytes, its line ends, its indentation, and splicing. */
import { UserError } from '../../errors.ts';
import type { Splice } from './types.ts';

const BOM = '\uFEFF';

export interface DecodedText {
  /** The byte-order mark where there is one, else empty. */
  readonly mark: string;
  readonly text: string;
}

/** Throws `bad_config_file` where the bytes are not UTF-8. */
export function decode(bytes: Uint8Array, source: string): DecodedText {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw notText(bytes, source, error);
  }
  // No config has these; UTF-16 without a mark does.
  const nul = text.indexOf('\0');
  if (nul !== -1) throw unreadable(text.slice(0, nul), source, 'a NUL character, which is in no text');
  return text.startsWith(BOM) ? { mark: BOM, text: text.slice(1) } : { mark: '', text };
}

const REPLACEMENT = '\uFFFD';

/** Decoding for show puts U+FFFD where a byte has no meaning; one that stands in the file itself is passed over. */
function notText(bytes: Uint8Array, source: string, cause: unknown): UserError {
  const pieces = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split(REPLACEMENT);
  let before = '';
  let offset = 0;
  for (const piece of pieces) {
    before += piece;
    offset += Buffer.byteLength(piece);
    if (!Buffer.from(REPLACEMENT).equals(bytes.subarray(offset, offset + 3))) break;
    before += REPLACEMENT;
    offset += 3;
  }
  return unreadable(before, source, 'not UTF-8 text', cause);
}

function unreadable(before: string, source: string, what: string, cause?: unknown): UserError {
  return new UserError('bad_config_file', `${source}: ${placeAfter(before)}: ${what}. It was left as it is.`, {
    hint: 'Save the file as UTF-8 and try again.',
    cause,
  });
}

/** Line and column, from 1, of what follows. */
function placeAfter(before: string): string {
  const lines = before.replace(BOM, '').split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

export const encode = ({ mark, text }: DecodedText): Buffer => Buffer.from(mark + text, 'utf8');

/** `bad_config_file` at an offset of `text`; line and column count from 1. */
export function faultAt(text: string, offset: number, source: string, what: string): UserError {
  const place = placeAfter(text.slice(0, offset));
  return new UserError('bad_config_file', `${source}: ${place}: ${what}. The file was left as it is.`, {
    hint: 'Mend the file at that place and run the command again.',
  });
}

/** Makes all splices at once. They are given in any order and must not overlap. */
export function splice(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: insert } of [...splices].sort((a, b) => a.start - b.start)) {
    if (start < at || end < start) throw new RangeError('splices overlap');
    result += text.slice(at, start) + insert;
    at = end;
  }
  return result + text.slice(at);
}

/** Offset of the first character of the line of `offset`. */
export function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at -= 1;
  return at;
}

/** The line end used last before `offset`, else the first one of the text, else LF: files with mixed ends stay as they are. */
export function lineEndAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  const before = /(?:\r\n|\n|\r)$/.exec(text.slice(Math.max(0, start - 2), start))?.[0];
  return before ?? /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

/** The blanks that the line of `offset` begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? '';
}

/** True where nothing but blanks stands before `offset` on its line. */
export function beginsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

export const hasLineEnd = (text: string): boolean => /[\r\n]/.test(text);
