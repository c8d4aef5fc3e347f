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
    throw notText(source, error);
  }
  // No config has these; UTF-16 without a mark does.
  if (text.includes('\0')) throw notText(source);
  return text.startsWith(BOM) ? { mark: BOM, text: text.slice(1) } : { mark: '', text };
}

const notText = (source: string, cause?: unknown) =>
  new UserError('bad_config_file', `${source}: not UTF-8 text. It was left as it is.`, {
    hint: 'Save the file as UTF-8 and try again.',
    cause,
  });

export const encode = ({ mark, text }: DecodedText): Buffer => Buffer.from(mark + text, 'utf8');

/** `bad_config_file` at an offset of `text`; line and column count from 1. */
export function faultAt(text: string, offset: number, source: string, what: string): UserError {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
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
