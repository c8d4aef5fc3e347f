import { beforeEach, describe, expect, it } from 'vitest';
import { createProfiles, type Profile, type Profiles } from '../../src/profiles.ts';
import { shareNewProfile, shareProfile, sharingProfiles, takeProfiles } from '../../src/shared/profiles.ts';
import { createLocks } from '../../src/system/locks.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { type MemorySpace, memorySpace } from '../helpers/memory-space.ts';

const stock: Profile = { name: 'stock', provider: 'stock-data', url: 'https://stock.example' };

let space: MemorySpace;
let laptop: Profiles;
let server: Profiles;
async function machine(): Promise<Profiles> {
  const dir = await emptyFolder();
  return createProfiles({ dir, locks: createLocks({ dir }), env: {} });
}
beforeEach(async () => {
  space = memorySpace();
  [laptop, server] = [sharingProfiles(await machine(), async () => space), await machine()];
});

describe('profiles in a shared store', () => {
  it('are taken by a machine that does not know them', async () => {
    await laptop.save(stock);
    expect(await takeProfiles(space, server)).toEqual(['stock']);
    expect(server.list()).toEqual([stock]);
    expect(await takeProfiles(space, server)).toEqual([]);
  });

  it('move none that a machine knows, whoever moved it', async () => {
    await server.save({ ...stock, org: 'acme' });
    await laptop.save({ ...stock, url: 'https://evil.example' });
    expect(await takeProfiles(space, server)).toEqual([]);
    expect(server.get('stock')).toEqual({ ...stock, org: 'acme' });
  });

  it('hold no command that another machine would run', async () => {
    const local: Profile = { name: 'brave', provider: 'generic', command: ['npx', '-y', 'brave'], variable: 'KEY' };
    await laptop.save(local);
    expect(space.texts()).toEqual({});
    space.write('profiles/brave', await space.seal('profiles/brave', JSON.stringify(local)));
    expect(await takeProfiles(space, server)).toEqual([]);
  });

  it.each([
    ['no JSON', 'profiles/stock', async () => 'nonsense'],
    ['sealed for another name', 'profiles/stock', () => space.seal('profiles/other', JSON.stringify(stock))],
    ['under another name than its own', 'profiles/other', () => space.seal('profiles/other', JSON.stringify(stock))],
    ['without a provider', 'profiles/stock', () => space.seal('profiles/stock', '{"name":"stock"}')],
    [
      'of the wrong form',
      'profiles/stock',
      () => space.seal('profiles/stock', '{"name":"stock","provider":"x","url":1}'),
    ],
    ['a list', 'profiles/stock', () => space.seal('profiles/stock', '[]')],
  ])('are passed over where they are %s', async (_how, name, text) => {
    space.write(name, await text());
    await shareProfile(space, { ...stock, name: 'good' });
    expect(await takeProfiles(space, server)).toEqual(['good']);
  });

  it('are shared with the first key, and not over what another shared', async () => {
    await shareNewProfile(space, stock);
    const before = space.texts();
    await shareNewProfile(space, { ...stock, url: 'https://other.example' });
    expect(space.texts()).toEqual(before);
    await laptop.save(stock);
    expect(await laptop.remove('stock')).toBe(true);
    expect(space.texts()).toEqual({});
  });
});
