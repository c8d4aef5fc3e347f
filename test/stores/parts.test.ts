import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { splitLong } from '../../src/stores/parts.ts';
import { storeConformance } from '../conformance/store.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { storePorts } from '../helpers/ports.ts';

const LIMIT = 100;
let fake = memoryStore();
beforeEach(() => {
  fake = memoryStore();
});

/** Fails where an item is longer than the system takes. */
function open() {
  const store = fake.open(storePorts('/nowhere'));
  const items = {
    ...store,
    set(id: string, value: string) {
      expect(Buffer.byteLength(value, 'utf16le')).toBeLessThanOrEqual(LIMIT * 2);
      if (!value.startsWith('mcpkey-parts ')) expect(Buffer.byteLength(value, 'utf16le')).toBeLessThanOrEqual(LIMIT);
      return store.set(id, value);
    },
  };
  return { ...splitLong(items, LIMIT), list: store.list };
}

storeConformance('long values in parts', open);

describe('splitLong', () => {
  it('leaves a short value alone', async () => {
    await open().set('id', 'short');
    expect([...fake.items]).toEqual([['id', 'short']]);
  });

  it('gives back any text, and leaves no part behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 4 }), async (values) => {
        fake.items.clear();
        for (const value of values) {
          await open().set('id', value);
          expect(await open().get('id')).toBe(value);
        }
        if (values.length > 0) await open().delete('id');
        expect(fake.items.size).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('removes the parts of a value that was replaced', async () => {
    await open().set('id', 'o'.repeat(LIMIT * 3));
    const count = fake.items.size;
    await open().set('id', 'n'.repeat(LIMIT * 3));
    expect(fake.items.size).toBe(count);
    await open().set('id', 'short');
    expect([...fake.items]).toEqual([['id', 'short']]);
  });

  it('stores a value that looks like its own header', async () => {
    const value = `mcpkey-parts a 1 ${'0'.repeat(64)}`;
    await open().set('id', value);
    expect(await open().get('id')).toBe(value);
  });

  it('keeps the old value where a write is cut off, and cleans up with the next', async () => {
    const [old, next] = ['o'.repeat(300), 'n'.repeat(300)];
    await open().set('id', old);
    const before = new Map(fake.items);
    await open().set('id', next);
    const after = new Map(fake.items);
    fake.items.clear();
    // As if power failed after the new parts and before the item that names them.
    for (const [id, value] of [...after, ...before]) fake.items.set(id, value);
    expect(await open().get('id')).toBe(old);
    await open().set('id', next);
    expect(await open().get('id')).toBe(next);
    await open().delete('id');
    expect(fake.items.size).toBe(0);
  });

  it('says so where a part is missing', async () => {
    await open().set('id', 'v'.repeat(300));
    fake.items.delete([...fake.items.keys()].find((id) => id.includes('#')) ?? '');
    await expect(open().get('id')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
