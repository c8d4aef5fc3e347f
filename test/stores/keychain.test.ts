import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { store } from '../../src/stores/keychain.ts';
import type { SecretStore } from '../../src/stores/types.ts';
import { storeConformance } from '../conformance/store.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { storePorts } from '../helpers/ports.ts';
import { bundleScript, startScript } from '../helpers/script.ts';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';

const linux = process.platform === 'linux';

/** Each run is a process of its own, so that an end that hangs is seen as well. */
let script: string;
beforeAll(async () => {
  script = await bundleScript('test/scripts/use-keychain.ts');
});

async function use(env: Record<string, string>, ...acts: string[]): Promise<Record<string, unknown>[]> {
  const run = startScript(script, acts, { PATH: process.env.PATH, ...env });
  expect(await run.ended, run.output()).toBe(0);
  return run
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

describe.runIf(linux && hasSecretService())('the keychain over a real Secret Service', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  let opened: SecretStore | undefined;
  storeConformance('keychain', () => {
    opened ??= store.open(storePorts('/nowhere', { DBUS_SESSION_BUS_ADDRESS: service.address }));
    return opened;
  });

  const withPrograms = () => ({ DBUS_SESSION_BUS_ADDRESS: service.address, PATH: process.env.PATH });

  it('works, and outlives a reboot', async () => {
    const ports = storePorts('/nowhere', withPrograms());
    const detail = 'Secret Service, collection "login"';
    expect(await store.inspect(ports)).toEqual({ available: true, persistent: true, detail });
    expect(await store.open({ ...ports, index: async () => ['a/b/c'] }).list()).toEqual(['a/b/c']);
  });

  it('does not claim to last where nobody can be asked', async () => {
    const ports = storePorts('/nowhere', { ...withPrograms(), PATH: '/nowhere' });
    expect(await store.inspect(ports)).toEqual({ available: true, persistent: null, detail: 'Secret Service' });
  });

  it.each(['session', 'login'])('says whether its collection "%s" is kept in memory alone', async (collection) => {
    const path = `objpath:/org/freedesktop/secrets/collection/${collection}`;
    const alias = ['org.freedesktop.Secret.Service.SetAlias', 'string:default', path];
    const call = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets', ...alias];
    await promisify(execFile)('dbus-send', call, { env: withPrograms() });
    const { persistent } = await store.inspect(storePorts('/nowhere', withPrograms()));
    expect(persistent).toBe(collection !== 'session');
  });

  it('loads no file that the environment names', async () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: service.address, NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere/evil.node' };
    expect(await use(env, 'set', 'get', 'delete')).toEqual([{}, { value: 'value' }, { value: true }]);
  });

  it('finds the bus at its usual place when a client hands no address over', async () => {
    const path = service.address.replace(/^unix:path=/, '').replace(/,.*/, '');
    const runtime = await emptyFolder();
    symlinkSync(path, join(runtime, 'bus'));
    expect(await use({ XDG_RUNTIME_DIR: runtime }, 'set', 'get', 'delete')).toEqual([
      {},
      { value: 'value' },
      { value: true },
    ]);
  });

  it('says that it is locked, for reading and for writing', async () => {
    await use({ DBUS_SESSION_BUS_ADDRESS: service.address }, 'set');
    await service.lock();
    const seen = await use({ DBUS_SESSION_BUS_ADDRESS: service.address }, 'get', 'set', 'delete', 'inspect');
    const locked = { code: 'store_locked', hint: expect.stringContaining('Unlock it') };
    expect(seen.slice(0, 3)).toEqual([locked, locked, locked]);
    expect(seen[3]).toMatchObject({ value: { available: false, detail: 'The keychain is locked.' } });
  });
});

describe.runIf(linux)('the keychain without a Secret Service', () => {
  const missing = { code: 'store_unavailable', hint: expect.stringContaining('mcpkey store use age') };

  it('is not there without a bus', async () => {
    const runtime = await emptyFolder();
    const seen = await use({ XDG_RUNTIME_DIR: runtime }, 'get', 'set', 'delete', 'inspect');
    expect(seen.slice(0, 3)).toEqual([missing, missing, missing]);
    expect(seen[3]).toMatchObject({ value: { available: false } });
  });

  it('is not there when nobody listens at the address', async () => {
    const path = join(await emptyFolder(), 'none');
    expect(await use({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, 'get')).toEqual([missing]);
  });

  it('does not wait for one that never answers', async () => {
    const folder = await emptyFolder();
    const connections: Socket[] = [];
    const server = createServer((connection) => connections.push(connection)).listen(join(folder, 'bus'));
    await once(server, 'listening');
    const began = performance.now();
    expect(await use({ XDG_RUNTIME_DIR: folder }, 'get')).toEqual([missing]);
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(connections.length).toBeGreaterThan(0);
    for (const connection of connections) connection.destroy();
    server.close();
  });
});
