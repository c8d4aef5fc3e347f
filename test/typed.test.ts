import { describe, expect, test } from 'vitest';
import { filled, shellWord, typed } from '../src/typed.ts';

describe('a command to type', () => {
  test.each([
    ['stock/ci', 'stock/ci'],
    ['my stock/night job', "'my stock/night job'"],
    ["ann's", "'ann'\\''s'"],
    ['$(reboot)', "'$(reboot)'"],
    ['行情/ключ', '行情/ключ'],
    ['rocket-🚀', "'rocket-🚀'"],
    ['', "''"],
  ])('%j stands there as %s', (word, shown) => expect(shellWord(word)).toBe(shown));

  test('each word that is filled in is quoted, the words of a list too', () => {
    expect(typed`mcpkey verify ${'a b/c'}   (then ${['x', 'y z']})`).toBe("mcpkey verify 'a b/c'   (then x 'y z')");
  });

  test('a variable of the shell is no place for a name', () => {
    const hint = 'printf %s "$KEY" | mcpkey rotate KEY --stdin';
    expect(filled(hint, { ref: 'stock/ci' })).toBe('printf %s "$KEY" | mcpkey rotate stock/ci --stdin');
  });

  test('names stand for PROFILE and KEY, but not in the form of a ref', () => {
    const hint = 'mcpkey login PROFILE; write PROFILE/NAME; mcpkey verify KEY';
    expect(filled(hint, { profile: 'a b', ref: 'a b/$&' })).toBe(
      "mcpkey login 'a b'; write PROFILE/NAME; mcpkey verify 'a b/$&'",
    );
    expect(filled(hint, {})).toBe(hint);
  });
});
