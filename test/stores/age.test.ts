import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { store } from '../../src/stores/age.ts';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { storePorts } from '../helpers/ports.ts';

const ID = '0123456789abcdef/stock/a1b2';
const FILE = `${ID}.age`;

let identity: string;
let recipient: string;
let env: { MCPKEY_AGE_IDENTITY: string };
let folder: string;
beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  env = { MCPKEY_AGE_IDENTITY: identity };
  folder = await emptyFolder();
});

storeConformance('age', () => store.open(storePorts(folder, env)));
listingConformance('age', () => store.open(storePorts(join(folder, 'other'), env)));
storeConformance(
  'age in a shared folder',
  () => store.open(storePorts(folder, { ...env, MCPKEY_AGE_DIR: join(folder, 'team') })),
  'shared',
);

const hasAge = (() => {
  try {
    execFileSync('age', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('not installed: age');
    return false;
  }
})();

describe('files of the age store', () => {
  it('are encrypted, closed to others, and name neither key nor value', async () => {
    const dir = await emptyFolder();
    await store.open(storePorts(dir, env)).set(ID, 'the value');
    const file = join(dir, 'data/age', FILE);
    expect(readFileSync(file, 'latin1')).toMatch(/^age-encryption\.org\/v1\n-> X25519 /);
    expect(readFileSync(file, 'latin1')).not.toContain('the value');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'data/age')).mode & 0o777).toBe(0o700);
  });

  it.runIf(hasAge)('are read by the age program, and those that it writes are read here', async () => {
    const dir = await emptyFolder();
    const ports = storePorts(dir, env);
    await store.open(ports).set(ID, 'value');
    const file = join(dir, 'data/age', FILE);
    writeFileSync(join(dir, 'identity'), identity);
    expect(execFileSync('age', ['-d', '-i', join(dir, 'identity'), file]).toString()).toBe('value');
    for (const form of [[], ['--armor']]) {
      const written = execFileSync('age', [...form, '-r', recipient], { input: `by age ${form}` });
      writeFileSync(file, written);
      expect(await store.open(ports).get(ID)).toBe(`by age ${form}`);
    }
  });

  it('are read armored too', async () => {
    const dir = await emptyFolder();
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    mkdirSync(join(dir, 'data/age/0123456789abcdef/stock'), { recursive: true });
    writeFileSync(join(dir, 'data/age', FILE), armor.encode(await encrypter.encrypt('armored')));
    expect(await store.open(storePorts(dir, env)).get(ID)).toBe('armored');
  });

  it('of another identity are locked, and damaged ones are not taken for missing', async () => {
    const dir = await emptyFolder();
    await store.open(storePorts(dir, env)).set(ID, 'value');
    const other = storePorts(dir, { MCPKEY_AGE_IDENTITY: await generateX25519Identity() });
    await expect(store.open(other).get(ID)).rejects.toMatchObject({ code: 'store_locked' });
    await expect(store.open(other).get(ID)).rejects.toThrow('does not open');

    const file = join(dir, 'data/age', FILE);
    const bytes = readFileSync(file);
    for (const damaged of [bytes.subarray(0, -1), Buffer.alloc(0), Buffer.from('-----BEGIN AGE nonsense')]) {
      writeFileSync(file, damaged);
      await expect(store.open(storePorts(dir, env)).get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
    }
  });

  it('never lie outside of their folder', async () => {
    const opened = store.open(storePorts(await emptyFolder(), env));
    for (const id of ['a/../r', 'a/b', '../../x', 'a/b/c/d', '/a/b', 'a/b/..']) {
      await expect(opened.set(id, 'x'), id).rejects.toThrow('not an id');
    }
  });
});

describe('identities', () => {
  it('may be a file as age-keygen writes it, several in one', async () => {
    const dir = await emptyFolder();
    await store.open(storePorts(dir, env)).set(ID, 'value');
    const path = join(dir, 'identities');
    writeFileSync(path, `# created: today\n# public key: x\n${await generateX25519Identity()}\r\n\n${identity}\n`);
    expect(await store.open(storePorts(dir, { MCPKEY_AGE_IDENTITY: path })).get(ID)).toBe('value');
  });

  it.each([
    ['is missing', undefined, 'store_unavailable', /There is no age identity/],
    ['is empty', '', 'store_unavailable', /holds no age identity/],
    ['is something else', 'ssh-ed25519 AAAA', 'store_unavailable', /holds no age identity/],
    ['is damaged', 'AGE-SECRET-KEY-1QQQQQQQQ', 'store_unavailable', /damaged/],
    ['has a passphrase', 'age-encryption.org/v1\n-> scrypt', 'store_locked', /passphrase/],
  ] as const)('that %s says what to do, without saying what is in it', async (_how, text, code, message) => {
    const dir = await emptyFolder();
    const path = join(dir, 'identity');
    if (text !== undefined) writeFileSync(path, text);
    const opened = store.open(storePorts(dir, { MCPKEY_AGE_IDENTITY: path }));
    const error = await opened.set(ID, 'value').then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    if (text) expect(JSON.stringify(error) + String(error)).not.toContain(text);
    expect(await store.inspect(storePorts(dir, { MCPKEY_AGE_IDENTITY: path }))).toMatchObject({ available: false });
  });

  it('without any, every member says how to make one', async () => {
    const opened = store.open(storePorts(await emptyFolder()));
    for (const attempt of [() => opened.get(ID), () => opened.set(ID, 'x'), () => opened.delete(ID)]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'store_unavailable', hint: 'mcpkey store use age' });
    }
  });
});

describe('preparing', () => {
  it('makes no other identity beside secrets that it would not open', async () => {
    const dir = await emptyFolder();
    const ports = storePorts(dir);
    await store.prepare?.(ports, {});
    await store.open(ports).set(ID, 'value');
    const path = join(dir, 'config/age-identity');
    const kept = readFileSync(path);
    rmSync(path);
    const hint = expect.stringContaining(`back to ${path}`);
    await expect(store.prepare?.(ports, {})).rejects.toMatchObject({ code: 'conflict', hint });
    await expect(store.open(ports).get(ID)).rejects.toMatchObject({ code: 'store_unavailable', hint });
    writeFileSync(path, kept);
    await store.prepare?.(ports, {});
    expect(await store.open(ports).get(ID)).toBe('value');
  });

  it('makes an identity for the user alone, once', async () => {
    const dir = await emptyFolder();
    const ports = storePorts(dir);
    await store.prepare?.(ports, {});
    const path = join(dir, 'config/age-identity');
    const made = readFileSync(path, 'utf8');
    expect(made).toMatch(/^# public key: age1[0-9a-z]+\nAGE-SECRET-KEY-1[0-9A-Z]+\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.open(ports).set(ID, 'value');
    await store.prepare?.(ports, {});
    expect(readFileSync(path, 'utf8')).toBe(made);
    expect(await store.open(ports).get(ID)).toBe('value');
    expect(await store.inspect(ports)).toMatchObject({ available: true, persistent: true });
  });

  it('makes none where MCPKEY_AGE_IDENTITY names one', async () => {
    const dir = await emptyFolder();
    await store.prepare?.(storePorts(dir, env), {});
    expect(readdirSync(dir)).not.toContain('config');
  });

  it('of a shared folder names oneself, and serves whoever is named there; logins stay at home', async () => {
    const [mine, yours, shared] = [await emptyFolder(), await emptyFolder(), join(await emptyFolder(), 'team')];
    await store.prepare?.(storePorts(mine, env), { dir: shared });
    expect(readFileSync(join(shared, '.age-recipients'), 'utf8')).toBe(`${recipient}\n`);

    const other = { MCPKEY_AGE_IDENTITY: await generateX25519Identity() };
    const theirs = storePorts(yours, other, { dir: shared });
    const joining = store.prepare?.(theirs, { dir: shared });
    await expect(joining).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('age1'),
    });

    const both = `# Ann\n${recipient}\n${await identityToRecipient(other.MCPKEY_AGE_IDENTITY)} # Bob\n`;
    writeFileSync(join(shared, '.age-recipients'), both);
    const ours = storePorts(mine, env, { dir: shared });
    await store.open(ours).set('shared/stock/a1b2', 'for both');
    await store.open(ours).set('a/stock/login', 'mine');
    expect(await store.open(theirs).get('shared/stock/a1b2')).toBe('for both');
    expect(await store.open(theirs).get('a/stock/login')).toBeUndefined();
    expect(await store.inspect(ours)).toMatchObject({ detail: expect.stringContaining('2 recipients') });
    rmSync(shared, { recursive: true });
  });

  it('takes recipients from MCPKEY_AGE_RECIPIENTS, one’s own among them', async () => {
    const dir = await emptyFolder();
    const other = await generateX25519Identity();
    const theirs = await identityToRecipient(other);
    await expect(
      store.open(storePorts(dir, { ...env, MCPKEY_AGE_RECIPIENTS: theirs })).set(ID, 'x'),
    ).rejects.toMatchObject({ code: 'store_unavailable' });
    await store.open(storePorts(dir, { ...env, MCPKEY_AGE_RECIPIENTS: `${recipient},${theirs}` })).set(ID, 'for both');
    expect(await store.open(storePorts(dir, { MCPKEY_AGE_IDENTITY: other })).get(ID)).toBe('for both');
  });
});
