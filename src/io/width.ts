import { once } from '../once.ts';
import { painted } from './text.ts';

/** Takes longer to make than all else that a table needs, and plain ASCII does not need it. */
const segmenter = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
const INVISIBLE = /^[\p{Mark}\p{Format}\p{Control}\p{Noncharacter_Code_Point}]$/u;
const EMOJI = /\p{Emoji_Presentation}|\uFE0F/u;
/** East Asian wide and fullwidth, in code points: first and last. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** How many columns of a terminal a text takes (Unicode Standard Annex 11, with emoji two columns wide). */
export function displayWidth(text: string): number {
  const unstyled = painted(text, undefined);
  if (/^[\x20-\x7e]*$/.test(unstyled)) return unstyled.length;
  let width = 0;
  for (const { segment } of segmenter().segment(unstyled)) width += segmentWidth(segment);
  return width;
}

/** `text` filled up with blanks to `width` columns, or cut there with an ellipsis; styles inside it end where they did. */
export function fitted(text: string, width: number): string {
  const taken = displayWidth(text);
  if (taken <= width) return text + ' '.repeat(width - taken);
  let cut = '';
  let left = width - 1;
  let isFull = false;
  for (const { segment } of segmenter().segment(text)) {
    const columns = segmentWidth(segment);
    const fits = columns <= left;
    if (columns === 0 || (fits && !isFull)) cut += segment;
    else if (!isFull) cut += '…';
    isFull ||= !fits;
    left -= columns;
  }
  return cut + ' '.repeat(width - displayWidth(cut));
}

function segmentWidth(segment: string): number {
  if (EMOJI.test(segment)) return 2;
  const point = segment.codePointAt(0) ?? 0;
  if (WIDE.some(([first, last]) => point >= first && point <= last)) return 2;
  return INVISIBLE.test(String.fromCodePoint(point)) ? 0 : 1;
}
