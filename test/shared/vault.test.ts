import { beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../../src/auth/types.ts';
import { secret } from '../../src/secret.ts';
import { createLocks } from '../../src/system/locks.ts';
import { resolvePaths } from '../../src/system/paths.ts';
import { createVault, type Vault } from '../../src/vault.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { memorySpace } from '../helpers/memory-space.ts';
import { type MemoryStore, memoryStore, unavailable } from '../helpers/memory-store.ts';

let shared: MemoryStore;
let own: MemoryStore;
let origin: string | null;
let laptop: Vault;
let server: Vault;

async function machine(store = 'etcd'): Promise<Vault> {
  const dir = await emptyFolder();
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  return createVault({
    paths,
    locks: createLocks({ dir: paths.locks }),
    env: {},
    platform: process.platform,
    profiles: { list: () => [], preference: () => undefined },
    store,
    origin: async () => origin,
    stores: { etcd: async () => ({ ...shared, share: () => memorySpace() }), keychain: async () => own },
  });
}
beforeEach(async () => {
  shared = memoryStore('etcd');
  own = memoryStore('keychain');
  origin = 'https://stock.example';
  [laptop, server] = [await machine(), await machine()];
});

const value = () => secret(`made-up-${'value'}`);

describe('secrets that machines share', () => {
  it('are read, listed and forgotten by every one of them', async () => {
    const record = await laptop.keep('Stöck', value());
    expect([...shared.items.keys()]).toEqual([`shared/%53t%c3%b6ck/${record}`]);
    expect((await server.read('Stöck', record))?.reveal()).toBe(value().reveal());
    expect(await server.index()).toEqual([{ profile: 'Stöck', record, store: 'etcd' }]);
    expect(await server.forget('Stöck', record)).toBe(true);
    expect(await laptop.read('Stöck', record)).toBeUndefined();
    expect(await laptop.index()).toEqual([]);
    expect(await laptop.forget('Stöck', record)).toBe(false);
  });

  it('go to the origin that they were made for, until someone agrees to another', async () => {
    const record = await laptop.keep('stock', value());
    for (const other of ['https://evil.example', 'http://stock.example', null]) {
      origin = other;
      await expect(server.read('stock', record)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('was made for https://stock.example'),
      });
    }
    origin = 'https://new.example';
    await laptop.reseal('stock', record);
    expect((await server.read('stock', record))?.reveal()).toBe(value().reveal());
  });

  it('are refused where someone else wrote them', async () => {
    const record = await laptop.keep('stock', value());
    for (const text of ['plain', '{"value":"x"}', '{"origin":1,"value":"x"}']) {
      shared.items.set(`shared/stock/${record}`, text);
      await expect(server.read('stock', record)).rejects.toMatchObject({ code: 'store_unavailable' });
    }
  });

  it('leave logins and what is this home’s own at home', async () => {
    const session: Session = { method: 'token', accessToken: value() };
    await laptop.saveSession('stock', session);
    const record = await laptop.keep('@undo', value());
    expect([...shared.items.keys()].filter((id) => id.startsWith('shared/'))).toEqual([]);
    expect(await server.session('stock')).toBeUndefined();
    expect(await server.read('@undo', record)).toBeUndefined();
    expect((await laptop.session('stock'))?.accessToken.reveal()).toBe(value().reveal());
    expect((await laptop.read('@undo', record))?.reveal()).toBe(value().reveal());
  });

  it('move to a store of one’s own and back', async () => {
    const record = await laptop.keep('stock', value());
    expect(await server.move('stock', record, 'keychain')).toBe(true);
    expect([shared.items.size, own.items.size]).toEqual([0, 1]);
    expect([...own.items.values()]).toEqual([value().reveal()]);
    expect((await server.read('stock', record))?.reveal()).toBe(value().reveal());
    expect(await server.move('stock', record, 'etcd')).toBe(true);
    expect((await laptop.read('stock', record))?.reveal()).toBe(value().reveal());
    expect(own.items.size).toBe(0);
  });

  it('do not hide what else is known while their store is away', async () => {
    const mine = await machine('keychain');
    await mine.keep('stock', value());
    expect(await mine.index()).toHaveLength(1);
    await laptop.keep('stock', value());
    shared.fault = unavailable();
    expect(await laptop.index()).toHaveLength(1);
  });
});
