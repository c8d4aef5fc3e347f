import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SecretStore } from '../../src/stores/types.ts';
import { store } from '../../src/stores/vault.ts';
import { encodeName } from '../../src/system/names.ts';
import { ownIdentity } from '../../src/system/process.ts';
import { fencingConformance, spaceConformance } from '../conformance/space.ts';
import { listingConformance, storeConformance } from '../conformance/store.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { storePorts } from '../helpers/ports.ts';
import { startVaultDouble, type VaultDouble } from '../helpers/vault-double.ts';

const ID = 'shared/stock/a1b2';
const value = () => `made-up-${'value'}`;

let vault: VaultDouble;
let env: Record<string, string>;
beforeEach(async () => {
  vault = await startVaultDouble({ namespaces: ['team'] });
  env = { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.rootToken, HOME: await emptyFolder() };
});
const open = (more: Record<string, string | undefined> = {}): SecretStore =>
  store.open(storePorts('/nowhere', { ...env, ...more }));

storeConformance('vault', () => open());
listingConformance('vault', () => open());

const share = () => {
  const space = store.share?.(storePorts('/nowhere', env));
  if (!space) throw new Error('vault shares nothing');
  return space;
};
const lock = (name: string) => `mcpkey/locks/${encodeName(name)}`;
spaceConformance('vault', share);
fencingConformance('vault', share, () => vault.write(lock('outer'), { token: '', host: 'nobody' }));

describe('locks in vault', () => {
  it('of a machine that died are free when its lease has ended, by the server’s clock', async () => {
    vault.write(lock('rotation'), { token: 'of-a-dead-machine', host: 'ann-laptop' });
    await expect(share().with('rotation', async () => 'in', { wait: 0 })).rejects.toMatchObject({
      message: 'rotation is in use on ann-laptop.',
    });
    vault.setClock(12_100);
    expect(await share().with('rotation', async () => 'in', { wait: 0 })).toBe('in');
  });

  it('of a process of this machine that died are held by nobody, and are free when their lease has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const token = 'of-a-dead-process';
    const holder = JSON.stringify({ ...(await ownIdentity()), pid, token });
    vault.write(lock('rotation'), { token, host: 'laptop', holder });
    expect(await share().isHeld('rotation')).toBe(false);
    await expect(share().with('rotation', async () => 'in', { wait: 0 })).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('What a machine that died left is free after 10 s.'),
    });
    const elsewhere = JSON.stringify({ ...(await ownIdentity()), pid, token, host: 'another' });
    vault.write(lock('rotation'), { token, host: 'laptop', holder: elsewhere });
    expect(await share().isHeld('rotation')).toBe(true);
  });

  it('whose answer was lost are still one’s own', async () => {
    const space = share();
    await space.with('rotation', async (held) => {
      const { data } = { data: vault.read(lock('rotation')) };
      vault.write(lock('rotation'), data);
      await held.verify();
    });
    expect(await space.isHeld('rotation')).toBe(false);
  });
});

describe('vault', () => {
  it('keeps a secret below its own path, and takes every version of it away', async () => {
    const opened = open();
    await opened.set(ID, 'old');
    await opened.set(ID, value());
    expect(vault.dump()).toEqual({ [`|mcpkey/secrets/${ID}`]: { value: value() } });
    await opened.delete(ID);
    expect(vault.dump()).toEqual({});
    expect(vault.requests.at(-1)).toBe(`DELETE secret/metadata/mcpkey/secrets/${ID}`);
  });

  it('may lie in a namespace, at a path of one’s own', async () => {
    await open({ VAULT_NAMESPACE: 'team', MCPKEY_VAULT_PATH: '/keys/of mcp/' }).set(ID, value());
    expect(Object.keys(vault.dump())).toEqual([`team|keys/of mcp/secrets/${ID}`]);
    await expect(open({ VAULT_NAMESPACE: 'other' }).get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('says which engine is missing, or too old', async () => {
    await expect(open({ MCPKEY_VAULT_MOUNT: 'none' }).get(ID)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'Vault has no key/value engine at "none".',
      hint: expect.stringContaining('vault secrets enable -path=none -version=2 kv'),
    });
    await expect(open({ MCPKEY_VAULT_MOUNT: 'kv1' }).set(ID, value())).rejects.toMatchObject({
      message: expect.stringContaining('version 1'),
    });
  });

  it('works, and outlives a reboot', async () => {
    expect(await store.inspect(storePorts('/nowhere', env))).toEqual({
      available: true,
      persistent: true,
      detail: `${vault.address}, secret/mcpkey`,
    });
    expect(vault.dump()).toEqual({});
  });

  it('asks again where the server is busy for a moment, and not for ever', async () => {
    vault.fail(500, 2);
    expect(await open().get(ID)).toBeUndefined();
    vault.fail(502, 100);
    await expect(open().get(ID)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('that is sealed is locked', async () => {
    vault.seal(true);
    await expect(open().get(ID)).rejects.toMatchObject({ code: 'store_locked', hint: 'vault status' });
    expect(await store.inspect(storePorts('/nowhere', env))).toMatchObject({ available: false });
  });

  it.each([
    [{ VAULT_ADDR: undefined }, 'store_unavailable', /VAULT_ADDR is not set/],
    [{ VAULT_ADDR: 'http://127.0.0.1:9' }, 'store_unavailable', /could not be reached/],
    [{ VAULT_ADDR: 'http://vault.example' }, 'usage', /plain http/],
    [{ VAULT_TOKEN: undefined }, 'store_locked', /no token for Vault/],
    [{ VAULT_TOKEN: 'hvs.wrong-token' }, 'store_locked', /permission denied/],
  ])('%j is refused, and no token is told', async (more, code, message) => {
    const error = await open(more)
      .get(ID)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hvs\./);
  });

  it('needs no right beyond its own path', async () => {
    const policy = (_method: string, path: string) => /^secret\/(data|metadata)\/mcpkey\//.test(path);
    const opened = open({ VAULT_TOKEN: vault.token({ policy }) });
    await opened.set(ID, value());
    expect(await opened.list()).toEqual([ID]);
    expect(await opened.delete(ID)).toBe(true);
    const reading = (method: string) => method === 'GET';
    await expect(open({ VAULT_TOKEN: vault.token({ policy: reading }) }).set(ID, value())).rejects.toMatchObject({
      code: 'store_locked',
    });
  });
});

describe('the token for vault', () => {
  const none = { VAULT_TOKEN: undefined };

  it('may be the one that `vault login` wrote', async () => {
    writeFileSync(join(env.HOME ?? '', '.vault-token'), `${vault.rootToken}\n`);
    await open(none).set(ID, value());
    expect(await open(none).get(ID)).toBe(value());
  });

  it('may come of an AppRole, its secret id in a file or by value', async () => {
    vault.appRole('role-1', `made-up-${'secret-id'}`);
    const file = join(env.HOME ?? '', 'secret-id');
    writeFileSync(file, `made-up-${'secret-id'}\n`);
    for (const secretId of [file, `made-up-${'secret-id'}`]) {
      const approle = { ...none, MCPKEY_VAULT_ROLE_ID: 'role-1', MCPKEY_VAULT_SECRET_ID: secretId };
      expect(await open(approle).get(ID)).toBeUndefined();
    }
    const wrong = { ...none, MCPKEY_VAULT_ROLE_ID: 'role-1', MCPKEY_VAULT_SECRET_ID: 'made-up-other' };
    const error = await open(wrong)
      .get(ID)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code: 'store_locked', message: expect.stringContaining('invalid secret id') });
    expect(JSON.stringify(error) + String(error)).not.toContain('made-up-other');
  });

  it('may come of a JWT', async () => {
    vault.jwtRole('ci', 'made.up.jwt');
    const jwt = { ...none, MCPKEY_VAULT_ROLE: 'ci', MCPKEY_VAULT_JWT: 'made.up.jwt' };
    expect(await open(jwt).get(ID)).toBeUndefined();
    await expect(open({ ...jwt, MCPKEY_VAULT_ROLE: 'other' }).get(ID)).rejects.toMatchObject({ code: 'store_locked' });
  });

  it('is renewed before it ends, and made anew where it is gone', async () => {
    vault.appRole('role-1', 'made-up-id', { ttl: 60 });
    const opened = open({ ...none, MCPKEY_VAULT_ROLE_ID: 'role-1', MCPKEY_VAULT_SECRET_ID: 'made-up-id' });
    const count = (what: string) => vault.requests.filter((line) => line === `POST ${what}`).length;
    await opened.get(ID);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 45_000 });
    try {
      await opened.get(ID);
      expect([count('auth/token/renew-self'), count('auth/approle/login')]).toEqual([1, 1]);
      vault.endTokens();
      await opened.get(ID);
      expect(count('auth/approle/login')).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that was given is used as long as it lives, renewable or not', async () => {
    const opened = open({ VAULT_TOKEN: vault.token({ ttl: 3_600, renewable: false }) });
    await opened.get(ID);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 900_000 });
    try {
      expect(await opened.get(ID)).toBeUndefined();
      expect(vault.requests).toContain('POST auth/token/renew-self');
    } finally {
      vi.useRealTimers();
    }
  });
});
