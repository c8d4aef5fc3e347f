/** Claude Desktop and Cursor do not run without a display: the official SDK's client starts what stands in their files. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PlacedEntry, readEntry, useEntry } from '../../../scripts/stage/client.mjs';
import { createMachine, type Machine } from '../../cli/machine.ts';
import { hasSecretService, type SecretService, startSecretService } from '../../helpers/secret-service.ts';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';

const CLIENTS = ['claude-desktop', 'cursor'] as const;
const STOCK_CALL = { name: 'search_stocks', arguments: { query: 'bank' } };
const ACME_CALL = { name: 'echo', arguments: { text: 'hello' } };

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'generic'] });
});
afterEach(() => sandbox.close());

/** Beside HOME all that a program launched from the desktop has, and the client hands on to what it starts. */
const BARE = { LOGNAME: 'ann', PATH: '/usr/bin:/bin', SHELL: '/bin/sh', TERM: 'dumb', USER: 'ann' };
/** Nothing of mcpkey's own is set: its files lie in the platform's folders, the store is the one that was chosen. */
const USUAL = { MCPKEY_HOME: '', MCPKEY_STORE: '', MCPKEY_MACHINE: '', MCPKEY_AGE_IDENTITY: '' };

const connect = (entry: PlacedEntry, call: typeof STOCK_CALL | typeof ACME_CALL) =>
  useEntry(entry, { home: machine.home.dir, call, own: BARE });

async function stockKey(): Promise<string> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.run(['login', 'stock-data', '-p', 'stock', '--password', '--url', url, '--mcp-url', mcpUrl], { env });
  await machine.run(['create', 'ci', '-p', 'stock']);
  return sandbox.keys('stock-data')[0]?.secret ?? '';
}

/** The entry that `place REF CLIENT` wrote. */
async function placed(ref: string, client: string): Promise<PlacedEntry> {
  const { stdout } = await machine.run(['place', ref, client, '--json']);
  const [{ path, server }] = JSON.parse(stdout);
  return readEntry(path, server);
}

describe.each(CLIENTS)('%s, from the desktop', (client) => {
  it('connects with a key in the store of its MCPKEY_HOME, and reports that it was revoked', async () => {
    machine = await createMachine();
    const secret = await stockKey();
    const entry = await placed('stock/ci', client);
    expect(await connect(entry, STOCK_CALL)).toMatchObject({ tools: expect.arrayContaining(['search_stocks']) });
    expect(await machine.filesWith(secret)).toEqual([]);
    await machine.run(['revoke', 'stock/ci', '--yes', '--keep-placements']);
    await expect(connect(entry, STOCK_CALL)).rejects.toThrow(/was revoked.*mcpkey create ci -p stock/);
  });

  it('connects with mcpkey in its usual folders and a store that was chosen once', async () => {
    machine = await createMachine(USUAL);
    await machine.run(['store', 'use', 'age']);
    const secret = await stockKey();
    const entry = await placed('stock/ci', client);
    expect(entry.env ?? {}).toEqual({});
    expect(await connect(entry, STOCK_CALL)).toMatchObject({ tools: expect.arrayContaining(['search_stocks']) });
    expect(await machine.filesWith(secret)).toEqual([]);
  });

  it('connects to a local server that takes its key from the environment', async () => {
    machine = await createMachine();
    const { local, dashboard } = sandbox.service('generic');
    const command = ['--command', local.command.join(' '), '--env', local.variable];
    await machine.run(['profile', 'add', 'generic', '-p', 'acme', ...command]);
    const { secret } = dashboard.create({ name: 'k' });
    await machine.run(['import', 'ci', '-p', 'acme', '--stdin'], { input: secret });
    const entry = await placed('acme/ci', client);
    expect(await connect(entry, ACME_CALL)).toMatchObject({ server: { name: 'acme-local' } });
    expect(await machine.filesWith(secret)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux' && hasSecretService())('with the keychain', () => {
  let service: SecretService;
  beforeEach(async () => {
    service = await startSecretService();
  });
  afterEach(() => service.stop());

  it.each(CLIENTS)('%s finds the bus that was there when the key was placed', async (client) => {
    machine = await createMachine({ ...USUAL, DBUS_SESSION_BUS_ADDRESS: service.address });
    const secret = await stockKey();
    const entry = await placed('stock/ci', client);
    expect(entry.env).toEqual({ DBUS_SESSION_BUS_ADDRESS: service.address });
    expect(await connect(entry, STOCK_CALL)).toMatchObject({ tools: expect.arrayContaining(['search_stocks']) });
    expect(await machine.filesWith(secret)).toEqual([]);
  });
});
