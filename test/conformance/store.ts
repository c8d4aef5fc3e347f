import { describe, expect, it } from 'vitest';
import type { SecretStore } from '../../src/stores/types.ts';

/** Length of a value, in characters, that no store may refuse or cut: longer than Windows keeps in one item. */
const LONG = 8_000;

/** What every store that can be written to does. `open` gives a store over one and the same content each time. */
export function storeConformance(
  name: string,
  open: () => SecretStore | Promise<SecretStore>,
  home = '0123456789abcdef',
): void {
  let count = 0;
  const freshId = () => {
    count += 1;
    return `${home}/stock/r${count}-${process.pid}`;
  };

  describe(`${name} as a store`, () => {
    it('gives back what was set, also when opened anew', async () => {
      const id = freshId();
      await (await open()).set(id, 'value of a key');
      expect(await (await open()).get(id)).toBe('value of a key');
      await (await open()).delete(id);
    });

    it('has a value for what is missing', async () => {
      const store = await open();
      expect(await store.get(freshId())).toBeUndefined();
      expect(await store.delete(freshId())).toBe(false);
    });

    it('replaces, and deletes once', async () => {
      const store = await open();
      const id = freshId();
      await store.set(id, 'old');
      await store.set(id, 'new');
      expect(await store.get(id)).toBe('new');
      expect(await store.delete(id)).toBe(true);
      expect(await store.get(id)).toBeUndefined();
      expect(await store.delete(id)).toBe(false);
    });

    it.each([
      ['a character', 'x'],
      ['line ends and blanks at both ends', ' \r\n key \n'],
      ['every script', 'clé-ключ-鍵-🔑'],
      ['JSON', '{"accessToken":"a","n":[1,2]}'],
      ['a text that looks like another store’s', '-----BEGIN AGE ENCRYPTED FILE-----'],
      ['a zero-width joiner and combining marks', 'e\u0301\u200d'],
      ['a long value', 'k'.repeat(LONG)],
      ['a long value of wide characters', '鍵🔑'.repeat(LONG / 4)],
    ])('keeps %s as it is', async (_what, value) => {
      const store = await open();
      const id = freshId();
      await store.set(id, value);
      expect(await store.get(id)).toBe(value);
      await store.set(id, 'short');
      expect(await store.get(id)).toBe('short');
      expect(await store.delete(id)).toBe(true);
    });

    it('keeps ids apart that differ in one part', async () => {
      const store = await open();
      const ids = ['a/p/r', 'b/p/r', 'a/q/r', 'a/p/s', 'a/p/r.age', 'a/%43/r', 'a/c/r', 'a/p/r~1', 'a/p/login'];
      for (const id of ids) await store.set(id, `value of ${id}`);
      for (const id of ids) expect(await store.get(id)).toBe(`value of ${id}`);
      for (const id of ids) expect(await store.delete(id)).toBe(true);
      for (const id of ids) expect(await store.get(id)).toBeUndefined();
    });

    it('serves many at once', async () => {
      const store = await open();
      const ids = Array.from({ length: 20 }, () => freshId());
      await Promise.all(ids.map((id) => store.set(id, `value of ${id}`)));
      expect(await Promise.all(ids.map((id) => store.get(id)))).toEqual(ids.map((id) => `value of ${id}`));
      expect(await Promise.all(ids.map((id) => store.delete(id)))).toEqual(ids.map(() => true));
    });
  });
}

/** For stores that can be listed by themselves. */
export function listingConformance(name: string, open: () => SecretStore): void {
  it(`${name} lists what it holds`, async () => {
    const store = open();
    expect(await store.list()).toEqual([]);
    const ids = ['a/p/r1', 'a/p/login', 'a/%43/r2', 'b/p/r1'];
    for (const id of ids) await store.set(id, 'x');
    expect([...(await store.list())].sort()).toEqual([...ids].sort());
    for (const id of ids) await store.delete(id);
    expect(await store.list()).toEqual([]);
  });
}
