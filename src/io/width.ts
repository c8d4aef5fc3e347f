/** How many columns of a terminal a text takes (Unicode Standard Annex 11, with emoji two columns wide). */
const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
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

export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(text)) width += segmentWidth(segment);
  return width;
}

function segmentWidth(segment: string): number {
  if (EMOJI.test(segment)) return 2;
  const point = segment.codePointAt(0) ?? 0;
  if (WIDE.some(([first, last]) => point >= first && point <= last)) return 2;
  return INVISIBLE.test(String.fromCodePoint(point)) ? 0 : 1;
}
