import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { carriedEnv } from '../../src/placement/carried.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

async function carried(env: Record<string, string | undefined>, store = 'age') {
  const { credential } = await machine.key({ name: 'stock' });
  const context = await machine.fresh(env);
  const vault = {
    ...context.vault,
    index: async () => [{ profile: 'stock', record: credential.record?.secret ?? '', store }],
  };
  return carriedEnv(
    { env: context.env, cwd: context.cwd, home: context.home, platform: context.platform, vault },
    credential,
  );
}

it('carries what was set and is no secret, paths in full', async () => {
  const { env } = await carried({
    NODE_EXTRA_CA_CERTS: 'ca.pem',
    HTTPS_PROXY: 'http://proxy.example:3128',
    NO_PROXY: 'localhost',
    XDG_DATA_HOME: '/d',
  });
  expect(env).toMatchObject({
    MCPKEY_HOME: machine.home.mcpkey,
    MCPKEY_AGE_IDENTITY: machine.home.env.MCPKEY_AGE_IDENTITY,
    NODE_EXTRA_CA_CERTS: join(machine.home.dir, 'ca.pem'),
    HTTPS_PROXY: 'http://proxy.example:3128',
    NO_PROXY: 'localhost',
  });
  expect(env).not.toHaveProperty('XDG_DATA_HOME');
  expect(env).not.toHaveProperty('PATH');
});

it('carries the folders of mcpkey where MCPKEY_HOME does not say them', async () => {
  const { credential } = await machine.key({ name: 'stock' });
  const context = await machine.fresh({ XDG_DATA_HOME: '/d', MCPKEY_HOME: undefined });
  const parts = {
    env: context.env,
    cwd: context.cwd,
    home: context.home,
    platform: context.platform,
    vault: machine.context.vault,
  };
  expect((await carriedEnv(parts, credential)).env).toMatchObject({ XDG_DATA_HOME: '/d' });
});

it('leaves a proxy with a password out, and says so', async () => {
  const proxy = ['http://ann', 'pw@proxy.example:3128'].join(':');
  const { env, warnings } = await carried({ HTTPS_PROXY: proxy });
  expect(env).not.toHaveProperty('HTTPS_PROXY');
  expect(warnings.join()).toMatch(/HTTPS_PROXY holds a password/);
  expect(warnings.join()).not.toContain('pw@');
});

it('carries a bus that is not the usual one, for the keychain alone', async () => {
  expect(
    (await carried({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }, 'keychain')).env,
  ).not.toHaveProperty('DBUS_SESSION_BUS_ADDRESS');
});

it.each([
  ['age', 'MCPKEY_AGE_IDENTITY', ['AGE', 'SECRET', 'KEY-1MADEUP'].join('-')],
  ['vault', 'VAULT_TOKEN', ['hvs', 'made-up'].join('.')],
  ['etcd', 'MCPKEY_ETCD_PASSWORD', 'made-up'],
])('refuses what is secret and needed there: %s', async (store, name, value) => {
  await expect(carried({ [name]: value }, store)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(name),
  });
});

it('minds no secret that another store would need', async () => {
  expect((await carried({ VAULT_TOKEN: 'made-up' })).env).not.toHaveProperty('VAULT_TOKEN');
});

it('carries what leads to a store on the network, files of secrets by their path alone', async () => {
  const given = {
    MCPKEY_ETCD_ENDPOINTS: 'https://etcd.example:2379',
    MCPKEY_ETCD_CACERT: 'etcd-ca.pem',
    MCPKEY_VAULT_PATH: 'team/keys',
    MCPKEY_VAULT_SECRET_ID: '/run/secrets/vault',
  };
  expect((await carried(given, 'vault')).env).toMatchObject({
    ...given,
    MCPKEY_ETCD_CACERT: join(machine.home.dir, 'etcd-ca.pem'),
  });
});

it('carries nothing for a store that the key is not in', async () => {
  const { env } = await carried({ MCPKEY_VAULT_SECRET_ID: '/run/secrets/vault' }, 'age');
  expect(env).not.toHaveProperty('MCPKEY_VAULT_SECRET_ID');
});

it.each([
  ['vault', 'MCPKEY_VAULT_SECRET_ID', `made-up-${'id'}`],
  ['vault', 'MCPKEY_VAULT_JWT', `made.up.${'jwt'}`],
  ['etcd', 'MCPKEY_AGE_IDENTITY', `AGE-SECRET-KEY-${'1MADEUP'}`],
])('refuses, for %s, a secret in %s', async (store, name, value) => {
  const error = await carried({ [name]: value }, store).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining(name) });
  expect(JSON.stringify(error) + String(error)).not.toContain(value);
});
