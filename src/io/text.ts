/** What may reach a terminal: printable text, line ends, tabs, and the styles that we set ourselves. */
import { redact } from '../secret.ts';

/**
 * Styles travel inside texts as noncharacters (Unicode 23.7: for internal use), so that an escape sequence in what a
 * server sent can be told from one of ours: theirs are removed, ours become escape sequences where colour is on.
 */
const STYLE_MARK = /[\uFDD0-\uFDEF]/g;
/** C0 but tab and line feed, DEL, C1, and what reverses the direction of reading. */
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

export type StyleName = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';
export const STYLE_NAMES: readonly StyleName[] = ['bold', 'dim', 'green', 'yellow', 'red', 'cyan'];

/** Opening and closing escape sequence by name; undefined where there is no colour. */
export type Palette = Readonly<Record<StyleName, { open: string; close: string }>>;

const openMark = (index: number): string => String.fromCodePoint(0xfdd0 + index * 2);
const closeMark = (index: number): string => String.fromCodePoint(0xfdd1 + index * 2);

export function styled(name: StyleName, text: string): string {
  const index = STYLE_NAMES.indexOf(name);
  return `${openMark(index)}${text}${closeMark(index)}`;
}

/** `text` fit to leave: secrets masked, control characters removed, styles as `palette` has them. */
export function printable(text: string, palette: Palette | undefined): string {
  return painted(clean(text), palette);
}

/** The first half of that: what may leave, with our styles still inside it. */
export function clean(text: string): string {
  return redact(text).replaceAll('\r\n', '\n').replace(CONTROL, '');
}

/** The other half. */
export function painted(text: string, palette: Palette | undefined): string {
  return text.replace(STYLE_MARK, (mark) => sequence(mark, palette));
}

/** The same for a text that stays on one line. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ');
}

/** JSON text with the control characters that JSON leaves as they are escaped too. */
export function printableJson(json: string): string {
  return json.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `JSON.stringify` replacer: masks secrets value by value, before quoting changes how they look. */
export function redactValue(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? redact(value).replace(STYLE_MARK, '') : value;
}

function sequence(mark: string, palette: Palette | undefined): string {
  const place = mark.charCodeAt(0) - 0xfdd0;
  const name = STYLE_NAMES[Math.floor(place / 2)];
  if (palette === undefined || name === undefined) return '';
  return place % 2 === 0 ? palette[name].open : palette[name].close;
}
