/** A real keyring that forgets, and one that is locked: told as what it is, with what mends it here. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Clinic, logIn, openEmpty, wrong } from './clinic.ts';

describe.runIf(process.platform === 'linux' && hasSecretService())('over a real Secret Service', () => {
  let service: SecretService;
  let sandbox: Sandbox;
  let clinic: Clinic;
  beforeAll(async () => {
    [service, sandbox] = await Promise.all([startSecretService(), startSandbox({ services: ['stock-data'] })]);
    clinic = await openEmpty(sandbox, { DBUS_SESSION_BUS_ADDRESS: service.address });
    clinic.env = { MCPKEY_STORE: undefined, MCPKEY_AGE_IDENTITY: undefined };
    await logIn(clinic);
    await clinic.run(['create', 'ci']);
  });
  afterAll(async () => {
    await sandbox.close();
    await service.stop();
  });

  /** New items go into this collection from now on. */
  async function useCollection(name: string): Promise<void> {
    const call = ['org.freedesktop.Secret.Service.SetAlias', 'string:default'];
    const to = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets'];
    const env = { PATH: process.env.PATH, DBUS_SESSION_BUS_ADDRESS: service.address };
    const path = `objpath:/org/freedesktop/secrets/collection/${name}`;
    await promisify(execFile)('dbus-send', [...to, ...call, path], { env });
  }

  const found = async () => wrong(await clinic.doctor()).map(({ id, subject, fix }) => [id, subject, fix]);

  test('keys in a collection that is kept in memory alone are moved to one that lasts', {
    timeout: 60_000,
  }, async () => {
    expect(await found()).toEqual([]);
    await useCollection('session');
    await clinic.run(['create', 'brief']);
    const fix = 'mcpkey store use age && mcpkey store migrate --to age';
    expect(await found()).toEqual([['store.persistence', 'keychain', fix]]);
    const { code, stderr } = await clinic.shell(fix);
    expect([code, await found()], stderr).toEqual([0, []]);
  });

  test('a locked one says so, and no key is said to be bad for it', { timeout: 60_000 }, async () => {
    await useCollection('login');
    await clinic.run(['store', 'migrate', '--to', 'keychain']);
    await clinic.run(['store', 'use', 'keychain']);
    await service.lock();
    clinic.env = { ...clinic.env, DBUS_SESSION_BUS_ADDRESS: service.address };
    const rows = wrong(await clinic.doctor());
    expect(rows).toMatchObject([{ id: 'store.available', subject: 'keychain', seen: expect.stringMatching(/locked/) }]);
  });
});
