/** A real keyring that forgets, and one that is locked: told as what it is, with what mends it here. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Clinic, logIn, openEmpty, wrong } from './clinic.ts';

/** Nothing that chooses a store, and no bus. */
const BARE = { MCPKEY_STORE: undefined, MCPKEY_AGE_IDENTITY: undefined, DBUS_SESSION_BUS_ADDRESS: undefined };

describe.runIf(process.platform === 'linux')('where there is no keychain, the printed line makes keys possible', () => {
  test.each([
    ['in a container', { container: 'docker' }, /A container has no keychain/],
    ['in a pod', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, /A container has no keychain/],
    ['under WSL', { WSL_DISTRO_NAME: 'Debian' }, /WSL has no keychain/],
    ['over SSH', { SSH_CONNECTION: '10.0.0.2 50000 10.0.0.1 22' }, /Over SSH|A container/],
  ] as const)('%s', { timeout: 60_000 }, async (_where, env, words) => {
    const sandbox = await startSandbox({ services: ['stock-data'] });
    const clinic = await openEmpty(sandbox);
    clinic.env = { ...BARE, ...env };
    const found = wrong(await clinic.doctor());
    expect(found).toMatchObject([{ id: 'store.available', subject: 'keychain', seen: expect.stringMatching(words) }]);
    const { code, stderr } = await clinic.shell(found[0]?.fix ?? '');
    expect(code, stderr).toBe(0);
    await logIn(clinic);
    await clinic.run(['create', 'ci', '--place', 'cursor']);
    expect(wrong(await clinic.doctor())).toEqual([]);
    await sandbox.close();
  });
});

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

  test('what it holds is moved where it opens, for a session in which it does not', { timeout: 60_000 }, async () => {
    await useCollection('login');
    await clinic.run(['store', 'migrate', '--to', 'keychain']);
    await clinic.run(['store', 'use', 'keychain']);
    const desktop = clinic.env;
    const ssh = { ...BARE, SSH_CONNECTION: '10.0.0.2 50000 10.0.0.1 22' };
    clinic.env = ssh;
    const rows = wrong(await clinic.doctor());
    expect(rows.map(({ id, subject }) => [id, subject])).toEqual([['store.available', 'keychain']]);
    const [, line = ''] = /^Where it opens, [^:]+: (mcpkey .*)$/.exec(rows[0]?.fix ?? '') ?? [];
    clinic.env = desktop;
    const { code, stderr } = await clinic.shell(line);
    expect(code, `${rows[0]?.fix}\n${stderr}`).toBe(0);
    clinic.env = ssh;
    expect(wrong(await clinic.doctor())).toEqual([]);
    clinic.env = desktop;
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
