import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { helperStore } from '../../src/stores/helper.ts';
import { findStore, STORES } from '../../src/stores/index.ts';
import type { StorePorts } from '../../src/stores/types.ts';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { type FakeHelper, fakeHelper, type HelperFault } from '../helpers/credential-helper.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { storePorts } from '../helpers/ports.ts';
import { hasPrograms } from '../helpers/programs.ts';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';

const unix = process.platform !== 'win32';
const ID = '0123456789abcdef/stock/a1b2';
const value = () => `made-up-${'value'}`;

describe.runIf(unix)('a helper', () => {
  let fake: FakeHelper;
  beforeAll(async () => {
    fake = await fakeHelper();
  });
  const open = () => helperStore('fake').open(storePorts('/nowhere', fake.env));
  storeConformance('a helper', open);
  listingConformance('a helper', open);
});

describe.runIf(unix)('a helper program', () => {
  let fake: FakeHelper;
  let ports: StorePorts;
  beforeEach(async () => {
    fake = await fakeHelper();
    ports = storePorts('/nowhere', fake.env);
  });

  it('gets a key as it stands, on stdin alone', async () => {
    const args = join(await emptyFolder(), 'args');
    await helperStore('fake')
      .open({ ...ports, env: { ...fake.env, FAKE_ARGS: args } })
      .set(ID, value());
    const [file = ''] = readdirSync(fake.items);
    expect(JSON.parse(readFileSync(join(fake.items, file), 'utf8'))).toEqual({
      ServerURL: `https://mcpkey.invalid/${ID}`,
      Username: 'mcpkey',
      Secret: value(),
    });
    expect(readFileSync(args, 'utf8')).toBe('store\n');
  });

  it('keeps ids that are too long for a file name, and lists them', async () => {
    const ids = ['x', 'y'].map((last) => `0123456789abcdef/${'p'.repeat(150)}/${last}`);
    const store = helperStore('fake').open({ ...ports, index: async () => ids });
    for (const id of ids) await store.set(id, `value of ${id}`);
    for (const id of ids) expect(await store.get(id)).toBe(`value of ${id}`);
    expect([...(await store.list())].sort()).toEqual(ids);
  });

  it.each<[HelperFault, string, RegExp]>([
    ['locked', 'store_locked', /could not open its store: .*No secret key/],
    ['broken', 'store_unavailable', /^docker-credential-fake failed: the store is {2}\[2J broken$/],
    ['silent', 'store_unavailable', /it ended with code 3/],
  ])('that is %s says so, in every member', async (fault, code, message) => {
    const broken = { ...ports, env: { ...fake.env, FAKE_FAULT: fault } };
    const store = helperStore('fake').open(broken);
    const acts = [() => store.get(ID), () => store.set(ID, value()), () => store.delete(ID), () => store.list()];
    for (const act of acts) {
      await expect(act()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(await helperStore('fake').inspect(broken)).toMatchObject({ available: false, persistent: null });
  });

  it('that prints something else is not quoted', async () => {
    const store = helperStore('fake').open({ ...ports, env: { ...fake.env, FAKE_FAULT: 'garbage' } });
    const error = await store.get(ID).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('no JSON object') });
    expect(JSON.stringify(error) + String(error)).not.toContain('made-up');
  });

  it('that is not there is named', async () => {
    const store = helperStore('none').open(ports);
    await expect(store.get(ID)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'There is no program docker-credential-none on the PATH.',
      hint: expect.any(String),
    });
  });

  it('that may not be run is not there either', async () => {
    const folder = await emptyFolder();
    writeFileSync(join(folder, 'docker-credential-shut'), '#!/bin/sh\n');
    chmodSync(join(folder, 'docker-credential-shut'), 0o644);
    const store = helperStore('shut').open(storePorts('/nowhere', { PATH: folder }));
    await expect(store.get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('works, as far as can be seen', async () => {
    expect(await helperStore('fake').inspect(ports)).toEqual({
      available: true,
      persistent: null,
      detail: expect.stringMatching(/\/docker-credential-fake$/),
    });
    expect(readdirSync(fake.items)).toEqual([]);
  });
});

describe('ids of helpers', () => {
  it.each(['', '../x', 'a/b', '-x', 'a b', 'a;b'])('helper:%s is refused', async (name) => {
    await expect(async () => findStore(STORES, `helper:${name}`)?.()).rejects.toMatchObject({ code: 'usage' });
  });

  it('carry the name', async () => {
    expect((await findStore(STORES, 'helper:pass')?.())?.id).toBe('helper:pass');
    for (const id of ['helper', 'keychain:x', 'age:NAME', 'constructor', 'toString:x']) {
      expect(findStore(STORES, id), id).toBeUndefined();
    }
  });
});

describe.runIf(hasPrograms('docker-credential-pass', 'pass', 'gpg'))('the password store', () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    const home = await emptyFolder();
    env = { PATH: process.env.PATH ?? '', HOME: home, GNUPGHOME: home, PASSWORD_STORE_DIR: join(home, 'store') };
    const key = ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key', 'mcpkey test', 'default', 'default'];
    execFileSync('gpg', [...key, 'never'], { env, stdio: 'ignore' });
    execFileSync('pass', ['init', 'mcpkey test'], { env, stdio: 'ignore' });
  });
  afterAll(() => {
    execFileSync('gpgconf', ['--kill', 'all'], { env });
  });

  it('keeps, gives back, lists and deletes', async () => {
    const store = helperStore('pass').open(storePorts('/nowhere', env));
    const long = `0123456789abcdef/${'p'.repeat(150)}/login`;
    const items = { [ID]: value(), 'a/p/odd': ' \r\n clé \n', [long]: 'k'.repeat(8_000) };
    expect(await store.get(ID)).toBeUndefined();
    expect(await store.delete(ID)).toBe(false);
    for (const [id, text] of Object.entries(items)) await store.set(id, text);
    for (const [id, text] of Object.entries(items)) expect(await store.get(id)).toBe(text);
    expect(await store.list()).toEqual(expect.arrayContaining([ID, 'a/p/odd']));
    await store.set(ID, 'short');
    expect(await store.get(ID)).toBe('short');
    expect(await store.delete(ID)).toBe(true);
    expect(await store.get(ID)).toBeUndefined();
  });

  it('that was never set up is not available', async () => {
    const home = await emptyFolder();
    const bare = { PATH: process.env.PATH ?? '', HOME: home, GNUPGHOME: home, PASSWORD_STORE_DIR: join(home, 'store') };
    expect(await helperStore('pass').inspect(storePorts('/nowhere', bare))).toMatchObject({ available: false });
  });
});

describe.runIf(hasPrograms('docker-credential-secretservice') && hasSecretService())('the Secret Service', () => {
  let service: SecretService;
  let env: Record<string, string>;
  beforeAll(async () => {
    service = await startSecretService();
    env = { PATH: process.env.PATH ?? '', DBUS_SESSION_BUS_ADDRESS: service.address };
  });
  afterAll(() => service.stop());

  storeConformance('helper:secretservice', () => helperStore('secretservice').open(storePorts('/nowhere', env)));
  listingConformance('helper:secretservice', () => helperStore('secretservice').open(storePorts('/nowhere', env)));
});
