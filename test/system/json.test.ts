import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOwnJson } from '../../src/system/json.ts';
import { faultOffset } from '../../src/system/jsonfault.ts';

describe('parseOwnJson', () => {
  it.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['[1, 2', 1, 6],
    ['[1 2]', 1, 4],
    ['{"a": tru}', 1, 7],
    ['{"a": "open\n"}', 1, 7],
    ['{} x', 1, 4],
    ['{]', 1, 2],
    ['01', 1, 1],
  ])('names the place of the fault in %j', (text, line, column) => {
    const message = `/f.json: line ${line}, column ${column}: not valid JSON. It was left as it is.`;
    expect(() => parseOwnJson(text, '/f.json')).toThrow(message);
  });

  it('finds no fault in any JSON, and takes a byte-order mark', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(faultOffset(text)).toBe(text.length);
        expect(parseOwnJson(`\uFEFF${text}`, '/f')).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds a fault in no other place than where the text stops being JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % Math.max(1, text.length));
        expect(faultOffset(cut)).toBeLessThanOrEqual(cut.length);
      }),
    );
  });
});
