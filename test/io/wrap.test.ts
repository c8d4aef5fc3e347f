import { expect, test } from 'vitest';
import { styled } from '../../src/io/text.ts';
import { wrapped } from '../../src/io/wrap.ts';

test.each([
  ['a text that fits', 20, 'a text that fits'],
  ['one two three four', 9, 'one two\n  three\n  four'],
  ['a /very/long/path/that/is/one/word b', 12, 'a\n  /very/long/path/that/is/one/word\n  b'],
  ['鍵日本 鍵日本 鍵', 13, '鍵日本 鍵日本\n  鍵'],
  ['first line\nsecond line', 8, 'first\n  line\nsecond\n  line'],
  ['', 5, ''],
])('%j in %i columns', (text, width, lines) => expect(wrapped(text, width, '  ')).toBe(lines));

test('styles take no room', () => {
  expect(wrapped(`${styled('red', 'error:')} abc def`, 10, '')).toBe(`${styled('red', 'error:')} abc\ndef`);
});
