import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { store } from '../../src/stores/etcd.ts';
import { createEtcdClient } from '../../src/stores/etcd-client.ts';
import { createEtcdSpace } from '../../src/stores/etcd-space.ts';
import type { StorePorts } from '../../src/stores/types.ts';
import { fencingConformance, spaceConformance } from '../conformance/space.ts';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { type Certificates, makeCertificates } from '../helpers/certificates.ts';
import { type Etcd, startEtcd } from '../helpers/etcd.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { storePorts } from '../helpers/ports.ts';
import { hasPrograms } from '../helpers/programs.ts';

const ID = 'shared/stock/a1b2';
const value = () => `made-up-${'value'}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.runIf(hasPrograms('etcd'))('etcd', () => {
  let etcd: Etcd;
  let ports: StorePorts;
  let env: Record<string, string>;
  beforeAll(async () => {
    etcd = await startEtcd();
    env = { MCPKEY_ETCD_ENDPOINTS: etcd.endpoints, MCPKEY_AGE_IDENTITY: await generateX25519Identity() };
    ports = storePorts(await emptyFolder(), env);
  });

  listingConformance('etcd', () => store.open(ports));
  storeConformance('etcd', () => store.open(ports));

  const share = () => store.share?.(ports) ?? createEtcdSpace(createEtcdClient(ports), ports);
  spaceConformance('etcd', share);
  fencingConformance('etcd', share, async () => {
    const locks = { key: base64('mcpkey/locks/'), range_end: base64('mcpkey/locks0') };
    await etcd.call('/v3/kv/deleterange', locks);
  });

  it('lists more documents than one answer holds', async () => {
    const space = share();
    const names = Array.from({ length: 1_203 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 100) {
      await Promise.all(names.slice(at, at + 100).map((name) => space.put(name, name, undefined)));
    }
    expect((await space.list('many')).map(({ name }) => name)).toEqual(names);
  });

  it('writes no secret for a machine that lost its lock', async () => {
    const space = share();
    await space.with('rotation of stock/ci', async () => {
      await etcd.call('/v3/kv/deleterange', { key: base64('mcpkey/locks/'), range_end: base64('mcpkey/locks0') });
      const late = { code: 'conflict', message: expect.stringContaining('taken over') };
      await expect(store.open(ports).set('shared/stock/late', value())).rejects.toMatchObject(late);
    });
    expect(await store.open(ports).get('shared/stock/late')).toBeUndefined();
  });

  it('goes on with a lease of its own where the old one has ended', async () => {
    const space = share();
    await space.with('one', async () => {
      const { leases } = (await etcd.call('/v3/lease/leases', {})) as { leases: { ID: string }[] };
      for (const { ID } of leases) await etcd.call('/v3/lease/revoke', { ID });
      expect(await space.with('two', async () => 'in', { wait: 0 })).toBe('in');
      expect(await space.isHeld('one')).toBe(false);
    });
  });

  it('holds nothing in the clear, and what it holds is bound to its id', async () => {
    const opened = store.open(ports);
    await opened.set(ID, value());
    await opened.set('shared/stock/other', 'another');
    const seen = await etcd.dump();
    const sealed = seen[`mcpkey/secrets/${ID}`] ?? '';
    expect(sealed).toMatch(/^age-encryption\.org\/v1\n-> X25519 /);
    expect(JSON.stringify(seen)).not.toContain(value());
    const copied = Buffer.from(sealed, 'latin1').toString('base64');
    await etcd.call('/v3/kv/put', { key: base64('mcpkey/secrets/shared/stock/other'), value: copied });
    await expect(opened.get('shared/stock/other')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('was not written there by mcpkey'),
    });
    await etcd.call('/v3/kv/put', { key: base64(`mcpkey/secrets/${ID}`), value: base64('nonsense') });
    await expect(opened.get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('takes nothing that others encrypted for its recipient, which is no secret', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(env.MCPKEY_AGE_IDENTITY ?? ''));
    const forged = await encrypter.encrypt(JSON.stringify({ id: `mcpkey/secrets/${ID}`, value: 'forged' }));
    await etcd.put(`mcpkey/secrets/${ID}`, Buffer.from(forged).toString('latin1'));
    await expect(store.open(ports).get(ID)).rejects.toThrow('was not written there by mcpkey');
  });

  it('is read by every machine whose recipient is named, and by no other', async () => {
    const [theirs, stranger] = [await generateX25519Identity(), await generateX25519Identity()];
    const own = await identityToRecipient(env.MCPKEY_AGE_IDENTITY ?? '');
    const both = { ...env, MCPKEY_AGE_RECIPIENTS: `${own},${await identityToRecipient(theirs)}` };
    await store.open({ ...ports, env: both }).set(ID, value());
    expect(await store.open({ ...ports, env: { ...both, MCPKEY_AGE_IDENTITY: theirs } }).get(ID)).toBe(value());
    const other = store.open({ ...ports, env: { ...env, MCPKEY_AGE_IDENTITY: stranger } });
    await expect(other.get(ID)).rejects.toMatchObject({ code: 'store_locked' });
  });

  it('keeps logins on the machine', async () => {
    const opened = store.open(ports);
    await opened.set('0123456789abcdef/stock/login', value());
    expect(Object.keys(await etcd.dump()).filter((key) => key.includes('login'))).toEqual([]);
    expect(await opened.get('0123456789abcdef/stock/login')).toBe(value());
    const elsewhere = store.open(storePorts(await emptyFolder(), env));
    expect(await elsewhere.get('0123456789abcdef/stock/login')).toBeUndefined();
    expect(await opened.delete('0123456789abcdef/stock/login')).toBe(true);
  });

  it('works, and outlives a reboot', async () => {
    expect(await store.inspect(ports)).toEqual({
      available: true,
      persistent: true,
      detail: expect.stringContaining(new URL(etcd.endpoints).host),
    });
  });

  it('takes another member where one is not there', async () => {
    const endpoints = `http://127.0.0.1:1,http://[::1]:9,${etcd.endpoints}`;
    expect(await store.open({ ...ports, env: { ...env, MCPKEY_ETCD_ENDPOINTS: endpoints } }).get('a/b/c')).toBe(
      undefined,
    );
  });
});

describe.runIf(hasPrograms('etcd', 'openssl'))('etcd with users and certificates', () => {
  let certificates: Certificates;
  let env: Record<string, string>;
  beforeAll(async () => {
    certificates = await makeCertificates();
    const { ca, server, client } = certificates;
    const { endpoints } = await startEtcd({ tls: { ca, ...server } });
    env = {
      MCPKEY_ETCD_ENDPOINTS: endpoints,
      MCPKEY_ETCD_CACERT: ca,
      MCPKEY_ETCD_CERT: client.cert,
      MCPKEY_ETCD_KEY: client.key,
      MCPKEY_AGE_IDENTITY: await generateX25519Identity(),
    };
    const admin = createEtcdClient(storePorts('/nowhere', env));
    const below = { key: base64('mcpkey/'), range_end: base64('mcpkey0') };
    await admin.call('/v3/auth/user/add', { name: 'root', password: 'root' });
    await admin.call('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await admin.call('/v3/auth/role/add', { name: 'keys' });
    await admin.call('/v3/auth/role/grant', { name: 'keys', perm: { permType: 'READWRITE', ...below } });
    for (const name of ['ann', 'eve']) await admin.call('/v3/auth/user/add', { name, password: `${name}-pass` });
    await admin.call('/v3/auth/user/grant', { user: 'ann', role: 'keys' });
    await admin.call('/v3/auth/enable', {});
  });
  const as = async (more: Record<string, string | undefined>) =>
    store.open(storePorts(await emptyFolder(), { ...env, ...more }));
  const ann = { MCPKEY_ETCD_USER: 'ann', MCPKEY_ETCD_PASSWORD: 'ann-pass' };

  it('serves a user whose role has its keys, and needs no other right', async () => {
    const opened = await as(ann);
    await opened.set(ID, value());
    expect(await opened.get(ID)).toBe(value());
    expect(await opened.list()).toEqual([ID]);
    expect(await opened.delete(ID)).toBe(true);
  });

  it.each([
    ['nobody', {}],
    ['a wrong password', { MCPKEY_ETCD_USER: 'ann', MCPKEY_ETCD_PASSWORD: 'wrong-pass' }],
    ['a user without a role', { MCPKEY_ETCD_USER: 'eve', MCPKEY_ETCD_PASSWORD: 'eve-pass' }],
  ])('refuses %s, without naming a password', async (_who, more) => {
    const error = await (await as(more)).set(ID, value()).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'store_locked', hint: expect.stringContaining('MCPKEY_ETCD_USER') });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/(wrong|eve)-pass/);
  });

  it('trusts no other authority, and lets nobody in without a certificate', async () => {
    const untrusting = await as({ ...ann, MCPKEY_ETCD_CACERT: undefined });
    await expect(untrusting.get(ID)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('unknown authority'),
    });
    const bare = await as({ ...ann, MCPKEY_ETCD_CERT: undefined, MCPKEY_ETCD_KEY: undefined });
    await expect(bare.get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
    const missing = await as({ ...ann, MCPKEY_ETCD_CACERT: '/nowhere/ca.pem' });
    await expect(missing.get(ID)).rejects.toMatchObject({ message: expect.stringContaining('/nowhere/ca.pem') });
  });
});

describe('etcd that is not there', () => {
  it.each([
    [undefined, 'store_unavailable', /MCPKEY_ETCD_ENDPOINTS is not set/],
    ['http://127.0.0.1:9', 'store_unavailable', /could not be reached/],
    ['etcd:2379', 'usage', /no http\(s\) address/],
    ['http://etcd.example:2379', 'usage', /plain http/],
    ['https://ann:pass@etcd.example:2379', 'usage', /user or password/],
  ])('%s is refused, with what to do', async (endpoints, code, message) => {
    const env = { MCPKEY_AGE_IDENTITY: await generateX25519Identity(), MCPKEY_ETCD_ENDPOINTS: endpoints };
    const ports = storePorts(await emptyFolder(), env);
    const began = performance.now();
    await expect(store.open(ports).get(ID)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await store.inspect(ports)).toMatchObject({ available: false, persistent: null });
  });

  it('asks for an identity first', async () => {
    const ports = storePorts(await emptyFolder(), { MCPKEY_ETCD_ENDPOINTS: 'http://127.0.0.1:9' });
    await expect(store.open(ports).set(ID, value())).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('There is no age identity'),
    });
  });
});
