import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../src/auth/types.ts';
import { secret } from '../src/secret.ts';
import { store as environment } from '../src/stores/env.ts';
import { createLocks } from '../src/system/locks.ts';
import { resolvePaths } from '../src/system/paths.ts';
import { createVault, type Vault } from '../src/vault.ts';
import { emptyFolder } from './helpers/folder.ts';
import { type MemoryStore, memoryStore, unavailable } from './helpers/memory-store.ts';

let dir: string;
let one: MemoryStore;
let other: MemoryStore;
let vault: Vault;
let preferences: Record<string, string>;

function open(store?: string, env: Record<string, string> = {}): Vault {
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  return createVault({
    paths,
    locks: createLocks({ dir: paths.locks }),
    env,
    platform: process.platform,
    profiles: {
      list: () => [{ name: 'stock', provider: 'stock-data' }],
      preference: (name) => preferences[name],
    },
    store,
    stores: { keychain: async () => one, other: async () => other, env: async () => environment },
  });
}

beforeEach(async () => {
  dir = await emptyFolder();
  preferences = {};
  one = memoryStore('keychain');
  other = memoryStore('other');
  vault = open();
});

const value = () => secret(`made-up ${'value'}`);
const fault = { code: 'store_unavailable' };

describe('secrets', () => {
  it('are kept under a random record, read, and forgotten', async () => {
    const record = await vault.keep('stock', value());
    expect(record).toMatch(/^[0-9a-f]{16}$/);
    expect((await vault.read('stock', record))?.reveal()).toBe('made-up value');
    expect(await vault.index()).toEqual([{ profile: 'stock', record, store: 'keychain' }]);
    expect(await vault.read('money', record)).toBeUndefined();
    expect(await vault.forget('stock', record)).toBe(true);
    expect(await vault.forget('stock', record)).toBe(false);
    expect(await vault.read('stock', record)).toBeUndefined();
    expect([await vault.index(), one.items.size]).toEqual([[], 0]);
  });

  it('have ids of this home, the profile and the record, in safe characters', async () => {
    const record = await vault.keep('Clé', value());
    const home = readFileSync(join(dir, 'config/home-id'), 'utf8').trim();
    expect([...one.items.keys()]).toEqual([`${home}/%43l%c3%a9/${record}`]);
    expect(await vault.ports('keychain').index()).toEqual([...one.items.keys()]);
    const again = await open().keep('Clé', value());
    expect([...one.items.keys()][1]).toBe(`${home}/%43l%c3%a9/${again}`);
  });

  it('are in no file of ours in the clear', async () => {
    await vault.keep('stock', value());
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name), 'utf8')).not.toContain('made-up');
    }
  });

  it('go to --store, else MCPKEY_STORE, else the chosen one, else the keychain', async () => {
    expect(await vault.currentStore()).toBe('keychain');
    preferences.store = 'other';
    expect(await vault.currentStore()).toBe('other');
    expect(await open(undefined, { MCPKEY_STORE: 'keychain' }).currentStore()).toBe('keychain');
    expect(await open('env', { MCPKEY_STORE: 'keychain' }).currentStore()).toBe('env');
    await expect(open('othr').currentStore()).rejects.toMatchObject({ code: 'usage' });
    await expect(open('othr').currentStore()).rejects.toThrow('Did you mean "other"?');
    await expect(open('constructor').ready()).rejects.toMatchObject({ code: 'usage' });
  });

  it('are read from the store that holds them, whatever the current one is', async () => {
    const record = await vault.keep('stock', value());
    expect((await open('other').read('stock', record))?.reveal()).toBe('made-up value');
  });

  it('that the store does not give back are not kept', async () => {
    one.open = () => ({ ...memoryStore().open(vault.ports('keychain')), get: async () => 'something else' });
    await expect(vault.keep('stock', value())).rejects.toMatchObject(fault);
    await expect(vault.ready()).rejects.toMatchObject(fault);
    expect(await vault.index()).toEqual([]);
  });

  it('that the store refuses leave no record, unless they may be in it', async () => {
    const plain = one.open(vault.ports('keychain'));
    one.open = () => ({ ...plain, set: () => Promise.reject(unavailable()) });
    await expect(vault.keep('stock', value())).rejects.toMatchObject(fault);
    expect(await vault.index()).toEqual([]);
    one.open = () => plain;
    one.fault = unavailable();
    await expect(open().keep('stock', value())).rejects.toMatchObject(fault);
    expect(await vault.index(), 'a time-out says nothing of what was kept').toHaveLength(1);
  });

  it('are asked for only when the store is ready', async () => {
    await vault.ready();
    expect(one.items.size).toBe(0);
    one.fault = unavailable();
    await expect(vault.ready()).rejects.toMatchObject(fault);
    await expect(open('env').ready()).rejects.toMatchObject({ message: expect.stringContaining('read only') });
  });

  it('of the environment are read by their record, with any current store', async () => {
    const found = await open(undefined, { STOCK_CI_API_KEY: 'from outside' }).read('stock', 'env.ci');
    expect(found?.reveal()).toBe('from outside');
    expect(await vault.read('stock', 'env.ci')).toBeUndefined();
    expect(await open(undefined, { STOCK_CI_API_KEY: 'x', ELSE_API_KEY: 'y' }).ports('env').index()).toEqual([
      'env/stock/env.ci',
    ]);
  });

  it('with a broken record are not taken for missing', async () => {
    const record = await vault.keep('stock', value());
    const file = join(dir, 'data/ledger/.secrets/stock', `${record}.json`);
    for (const text of ['{', '{}']) {
      writeFileSync(file, text);
      await expect(vault.read('stock', record)).rejects.toMatchObject({ code: 'bad_config_file' });
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });
});

describe('sessions', () => {
  const session = (): Session => ({
    method: 'device',
    accessToken: secret(`access ${'token'}`),
    refreshToken: secret(`refresh ${'token'}`),
    clientSecret: secret(`client ${'secret'}`),
    expiresAt: '2026-11-21T13:00:00.000Z',
    scope: 'mcp:read',
    account: 'ann@example.com',
    issuer: 'https://id.example',
    clientId: 'mcpkey',
    resource: 'https://mcp.example/mcp',
    audience: 'mcp',
    tokenEndpoint: 'https://id.example/token',
    revocationEndpoint: 'https://id.example/revoke',
    clientAuth: 'client_secret_basic',
  });
  const revealed = (kept: Session | undefined) => ({
    ...kept,
    accessToken: kept?.accessToken.reveal(),
    refreshToken: kept?.refreshToken?.reveal(),
    clientSecret: kept?.clientSecret?.reveal(),
  });

  it('come back whole, one a profile', async () => {
    expect(await vault.session('stock')).toBeUndefined();
    await vault.saveSession('stock', session());
    expect(revealed(await vault.session('stock'))).toEqual(revealed(session()));
    await vault.saveSession('stock', { method: 'password', accessToken: secret('another token') });
    expect(revealed(await vault.session('stock'))).toMatchObject({ method: 'password', accessToken: 'another token' });
    expect(await vault.session('money')).toBeUndefined();
    expect(await vault.forgetSession('stock')).toBe(true);
    expect(await vault.session('stock')).toBeUndefined();
  });

  it('are renewed where they are, and moved by a new login', async () => {
    await vault.saveSession('stock', session());
    await open('other').saveSession('stock', session());
    expect([one.items.size, other.items.size]).toEqual([1, 0]);
    await open('other').saveSession('stock', session(), { fresh: true });
    expect([one.items.size, other.items.size]).toEqual([0, 1]);
    expect(await vault.index()).toEqual([{ profile: 'stock', record: 'login', store: 'other' }]);
    expect(revealed(await vault.session('stock'))).toEqual(revealed(session()));
  });

  it('can be made anew when the store of the old one is gone', async () => {
    await vault.saveSession('stock', session());
    one.fault = unavailable();
    await open('other').saveSession('stock', session(), { fresh: true });
    expect(revealed(await vault.session('stock'))).toEqual(revealed(session()));
    one.fault = undefined;
    await vault.move('stock', 'login', 'other');
    expect(one.items.size, 'the old one is removed as soon as it can be').toBe(0);
  });

  it('change their file, so that a running proxy looks again', async () => {
    await vault.saveSession('stock', session());
    const stamp = () => {
      const { ino, mtimeMs } = statSync(vault.sessionFile('stock'));
      return `${ino} ${mtimeMs}`;
    };
    const before = stamp();
    await vault.saveSession('stock', session());
    expect(stamp()).not.toBe(before);
  });

  it.each(['', '{', '[]', '{"method":"device"}', '{"method":"x","accessToken":"t"}'])(
    'that cannot be read (%s) ask for a new login',
    async (text) => {
      await vault.saveSession('stock', session());
      for (const id of one.items.keys()) one.items.set(id, text);
      await expect(vault.session('stock')).rejects.toMatchObject({ code: 'invalid_token', hint: 'mcpkey login' });
    },
  );
});

describe('moving to another store', () => {
  it('copies, then deletes', async () => {
    const record = await vault.keep('stock', value());
    expect(await vault.move('stock', record, 'other')).toBe(true);
    expect([one.items.size, [...other.items.values()]]).toEqual([0, ['made-up value']]);
    expect(await vault.index()).toEqual([{ profile: 'stock', record, store: 'other' }]);
    expect(await vault.move('stock', record, 'other')).toBe(false);
    expect(await vault.move('stock', 'none', 'other')).toBe(false);
  });

  it('that fails leaves the secret where it is', async () => {
    const record = await vault.keep('stock', value());
    other.fault = unavailable();
    await expect(vault.move('stock', record, 'other')).rejects.toMatchObject(fault);
    expect((await open().read('stock', record))?.reveal()).toBe('made-up value');
    other.fault = undefined;
    expect(await vault.move('stock', record, 'other')).toBe(true);
    expect([one.items.size, other.items.size]).toEqual([0, 1]);
  });

  it('that is cut off at any step loses nothing and is ended by a repeat', async () => {
    for (let step = 1; step <= 4; step += 1) {
      const record = await vault.keep('stock', value());
      const crashing = crashAfter(step);
      const moved = await crashing.move('stock', record, 'other').catch(() => 'cut off');
      const again = open();
      expect((await again.read('stock', record))?.reveal(), `after step ${step}`).toBe('made-up value');
      if (moved === 'cut off') await again.move('stock', record, 'other');
      expect([one.items.size, other.items.size]).toEqual([0, 1]);
      expect(await again.index()).toEqual([{ profile: 'stock', record, store: 'other' }]);
      await again.forget('stock', record);
    }
  });

  /** A vault whose stores stop answering after so many calls, as if the process had ended. */
  function crashAfter(calls: number): Vault {
    let left = calls;
    const dying = (kind: MemoryStore): MemoryStore => {
      const whole = kind.open(vault.ports(kind.id));
      const step = async <T>(act: () => Promise<T>) => {
        left -= 1;
        if (left < 0) throw unavailable();
        return act();
      };
      const store = {
        get: (id: string) => step(() => whole.get(id)),
        set: (id: string, text: string) => step(() => whole.set(id, text)),
        delete: (id: string) => step(() => whole.delete(id)),
        list: whole.list,
      };
      return { ...kind, open: () => store };
    };
    const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
    return createVault({
      paths,
      locks: createLocks({ dir: paths.locks }),
      env: {},
      platform: process.platform,
      profiles: { list: () => [], preference: () => undefined },
      store: undefined,
      stores: { keychain: async () => dying(one), other: async () => dying(other) },
    });
  }
});
