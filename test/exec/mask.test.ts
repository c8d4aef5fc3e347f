/** Masking in a stream: whatever the chunks, nothing of a secret comes out, and nothing else is lost. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMasker, formsOf } from '../../src/exec/mask.ts';
import { secret } from '../../src/secret.ts';

const masked = (needles: readonly string[], pieces: readonly string[]): string => {
  const masker = createMasker(needles);
  return pieces.map((piece) => masker.push(piece)).join('') + masker.end();
};

test.each([
  ['in one piece', ['a key-1234 b'], 'a [secret] b'],
  ['cut anywhere', ['a ke', 'y-12', '34 b'], 'a [secret] b'],
  ['twice, side by side', ['key-1234key-1234'], '[secret][secret]'],
  ['begun and not ended', ['a key-12', ' b'], 'a key-12 b'],
  ['begun at the very end', ['a key-12'], 'a key-12'],
  ['begun twice', ['key-key-', '1234'], 'key-[secret]'],
])('a secret %s', (_what, pieces, expected) => expect(masked(['key-1234'], pieces)).toBe(expected));

test('the longer of two secrets wins where the shorter begins it, also over a border', () => {
  expect(masked(['key-12', 'key-1234'], ['key-12', '34 key-12 x'])).toBe('[secret] [secret] x');
});

test('holds back only what may begin a secret', () => {
  const masker = createMasker(['key-1234']);
  expect(masker.push('ready? ')).toBe('ready? ');
  expect(masker.push('ke')).toBe('');
  expect(masker.push('ep')).toBe('keep');
});

test('the pieces make no difference', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
  const needles = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 6 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), needles, (pieces, secrets) => {
      expect(masked(secrets, pieces)).toBe(masked(secrets, [pieces.join('')]));
    }),
  );
});

test('knows a secret in a URL, in JSON and in base64', () => {
  const value = ['p+w', '"x"', '/end'].join('');
  const printed = [encodeURIComponent(value), JSON.stringify(value), Buffer.from(value).toString('base64')].join(' ');
  expect(masked(formsOf([secret(value)]), [printed])).toBe('[secret] "[secret]" [secret]');
});
