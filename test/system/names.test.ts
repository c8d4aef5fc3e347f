import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeName, SAFE_NAME } from '../../src/system/names.ts';

describe('encodeName', () => {
  it.each([
    ['ann-laptop_2.1', 'ann-laptop_2.1'],
    ['CI', '%43%49'],
    ['a b', 'a%20b'],
    ['clé', 'cl%c3%a9'],
    ['..', '%2e%2e'],
    ['.secrets', '%2esecrets'],
    ['end.', 'end%2e'],
    ['nul', '%6eul'],
    ['com1.txt', '%63om1.txt'],
    ['', '%'],
    ['%43', '%2543'],
  ])('writes %j as %j', (name, encoded) => {
    expect(encodeName(name)).toBe(encoded);
  });

  it('keeps two names apart on a file system that ignores case, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        const [a, b] = [encodeName(one), encodeName(other)];
        expect(a).toMatch(SAFE_NAME);
        expect(a.length).toBeLessThanOrEqual(150);
        if (one !== other) expect(a.toLowerCase()).not.toBe(b.toLowerCase());
      }),
    );
  });

  it('shortens long names without mixing them up', () => {
    const [one, other] = [`${'x'.repeat(400)}a`, `${'x'.repeat(400)}b`].map(encodeName);
    expect(one).toHaveLength(150);
    expect(one).not.toBe(other);
  });
});
