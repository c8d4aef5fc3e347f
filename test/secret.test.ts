import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, secret } from '../src/secret.ts';

const made = (word: string) => [word, 'made', 'up'].join('/+"');

it('prints as a mask, and gives its value to who asks for it', () => {
  const value = secret(made('a'));
  expect([String(value), JSON.stringify(value), inspect(value)]).toEqual(['[secret]', '"[secret]"', '[secret]']);
  expect(value.reveal()).toBe(made('a'));
});

describe('redact', () => {
  it('masks a value as it is, in a URL, in JSON and in base64', () => {
    const value = secret(made('b')).reveal();
    const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('base64'), JSON.stringify(value)];
    expect(forms.map(redact)).toEqual(['[secret]', '[secret]', '[secret]', '"[secret]"']);
  });

  it('leaves no end of a longer one, and nothing of those that lap over each other', () => {
    const [short, long, other] = ['overlap', 'overlapping-one', 'ping-one-and-more'].map((text) =>
      secret(text).reveal(),
    );
    expect(redact(`${long} ${short}s`)).toBe('[secret] [secret]s');
    expect(redact(`(overlapping-one-and-more) ${other}`)).toBe('([secret]) [secret]');
    expect(redact(`${short}${short}`)).toBe('[secret][secret]');
  });

  it('leaves words alone that only begin alike, and what is too short to be told from a word', () => {
    secret('abc12');
    expect(redact('over, overla, abc12 and what else is said')).toBe('over, overla, abc12 and what else is said');
  });

  it('masks whatever was made, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 6 }),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (value, before, after) => {
          const known = secret(value).reveal();
          // What stands around it may make another place of it begin earlier.
          expect(redact(`${before}\n${known}\n${after}`)).not.toContain(`\n${known}\n`);
          expect(redact(known)).toBe('[secret]');
        },
      ),
    );
  });
});
