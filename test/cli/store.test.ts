import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secret } from '../../src/secret.ts';
import { createLocks } from '../../src/system/locks.ts';
import { resolvePaths } from '../../src/system/paths.ts';
import { createVault, type Vault } from '../../src/vault.ts';
import { createHome, type Home, mcpkey, mcpkeyJson } from '../helpers/cli.ts';
import { fakeHelper } from '../helpers/credential-helper.ts';
import { isRoot, setReadOnly, smallDisk } from '../helpers/disks.ts';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';

interface Row {
  store: string;
  current: boolean;
  available: boolean;
  persistent: boolean | null;
  secrets: number;
  detail: string;
}

let home: Home;
/** Without a store or identity chosen: `MCPKEY_STORE` and `MCPKEY_AGE_IDENTITY` are taken away. */
const bare = { MCPKEY_STORE: undefined, MCPKEY_AGE_IDENTITY: undefined };
beforeEach(async () => {
  home = await createHome();
});

/** The secrets of a home, as the program sees them. */
function vaultOf({ mcpkey: dir, env }: Home, store: string): Vault {
  const paths = resolvePaths({ MCPKEY_HOME: dir }, process.platform, dir);
  return createVault({
    paths,
    locks: createLocks({ dir: paths.locks }),
    env,
    platform: process.platform,
    profiles: { list: () => [], preference: () => undefined },
    store,
  });
}

const errorOf = (stderr: string) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error;

describe('store status', () => {
  it('shows every store, which one is current, and what each holds', async () => {
    await vaultOf(home, 'age').keep('stock', secret(`made-up ${'value'}`));
    const rows = await mcpkeyJson<Row[]>(['store', 'status'], { home, env: { STOCK_API_KEY: 'x' } });
    expect(rows.map(({ store, current, secrets }) => [store, current, secrets])).toEqual([
      ['keychain', false, 0],
      ['age', true, 1],
      ['env', false, 0],
      ['etcd', false, 0],
      ['vault', false, 0],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ available: expect.any(Boolean), detail: expect.any(String) });
    }
    expect(rows[1]).toMatchObject({ available: true, persistent: true });
    const shown = await mcpkey(['store', 'status'], { home });
    expect(shown.stdout).toMatch(/^age \(current\) +yes +yes +1 /m);
  });

  it('is no failure where a store is not there', async () => {
    const runtime = { XDG_RUNTIME_DIR: home.root };
    const rows = await mcpkeyJson<Row[]>(['store', 'status'], { home, env: { ...bare, ...runtime } });
    expect(rows.map(({ store, current, available }) => [store, current, available])).toEqual([
      ['keychain', true, false],
      ['age', false, false],
      ['env', false, true],
      ['etcd', false, false],
      ['vault', false, false],
    ]);
  });
});

describe('store use', () => {
  it('age makes an identity for the user alone, and remembers the choice', async () => {
    const [row] = await mcpkeyJson<Row[]>(['store', 'use', 'age'], { home, env: bare });
    expect(row).toMatchObject({ store: 'age', current: true, available: true });
    const identity = readFileSync(join(home.mcpkey, 'config/age-identity'), 'utf8');
    expect(identity).toMatch(/^AGE-SECRET-KEY-1/m);
    const rows = await mcpkeyJson<Row[]>(['store', 'status'], { home, env: bare });
    expect(rows.find((each) => each.current)?.store).toBe('age');
    await mcpkeyJson(['store', 'use', 'age'], { home, env: bare });
    expect(readFileSync(join(home.mcpkey, 'config/age-identity'), 'utf8')).toBe(identity);
  });

  it('age --dir takes a folder to share', async () => {
    const [row] = await mcpkeyJson<Row[]>(['store', 'use', 'age', '--dir', 'team'], { home, cwd: home.dir });
    expect(row?.detail).toContain(join(home.dir, 'team'));
    expect(await home.read('team/.age-recipients')).toMatch(/^age1/);
  });

  it('says where the environment still chooses another', async () => {
    const { code, stderr } = await mcpkey(['store', 'use', 'env'], { home });
    expect([code, stderr]).toEqual([0, expect.stringContaining('still chooses "age"')]);
  });

  it.each<[string, string[], string, number]>([
    ['an unknown store', ['agee'], 'usage', 2],
    ['no store', [], 'usage', 2],
    ['--dir for another store', ['keychain', '--dir', 'x'], 'usage', 2],
    ['a keychain that is not there', ['keychain'], 'store_unavailable', 7],
  ])('refuses %s and changes nothing', async (_what, args, code, exit) => {
    const env = { XDG_RUNTIME_DIR: home.root };
    const run = await mcpkey(['store', 'use', ...args, '--json'], { home, env });
    expect([run.code, errorOf(run.stderr).code, run.stdout]).toEqual([exit, code, '']);
    expect(errorOf(run.stderr).hint).toEqual(expect.any(String));
    const rows = await mcpkeyJson<Row[]>(['store', 'status'], { home, env: { ...env, MCPKEY_STORE: undefined } });
    expect(rows.find((row) => row.current)?.store).toBe('keychain');
  });
});

describe.runIf(process.platform !== 'win32')('a store that is a program', () => {
  it('is used, shown and moved to by its whole id', async () => {
    const fake = await fakeHelper();
    home = await createHome({ ...fake.env, MCPKEY_STORE: 'age' });
    const record = await vaultOf(home, 'age').keep('stock', secret(`made-up ${'value'}`));
    await mcpkeyJson(['store', 'migrate', '--to', 'helper:fake'], { home });
    expect((await vaultOf(home, 'age').read('stock', record))?.reveal()).toBe('made-up value');
    const rows = await mcpkeyJson<Row[]>(['store', 'use', 'helper:fake'], { home });
    expect(rows).toMatchObject([{ store: 'helper:fake', available: true, persistent: null, secrets: 1 }]);
    const all = await mcpkeyJson<Row[]>(['store', 'status'], { home, env: { MCPKEY_STORE: undefined } });
    expect(all.filter(({ current }) => current)).toMatchObject([{ store: 'helper:fake', secrets: 1 }]);
    await mcpkeyJson(['store', 'migrate', '--to', 'age', '--store', 'helper:fake'], { home });
    expect(readdirSync(fake.items)).toEqual([]);
  });

  it.each([
    ['helper:none', 'store_unavailable', 7],
    ['helper:../x', 'usage', 2],
    ['helper', 'usage', 2],
  ])('%s is refused', async (id, code, exit) => {
    const run = await mcpkey(['store', 'use', id, '--json'], { home });
    expect([run.code, errorOf(run.stderr).code]).toEqual([exit, code]);
  });
});

describe.runIf(process.platform === 'linux' && hasSecretService())('store migrate', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  it('moves all to the keychain and back, and a repeat changes nothing', async () => {
    home = await createHome({ DBUS_SESSION_BUS_ADDRESS: service.address });
    const vault = vaultOf(home, 'age');
    const records: string[] = [];
    for (const count of [1, 2, 3]) records.push(await vault.keep('stock', secret(`made-up value ${count}`)));
    for (const to of ['keychain', 'age']) {
      const rows = await mcpkeyJson<Row[]>(['store', 'migrate', '--to', to], { home });
      expect(rows.find((row) => row.store === to)?.secrets).toBe(3);
      expect(rows.find((row) => row.store !== to)?.secrets).toBe(0);
      for (const [index, record] of records.entries()) {
        expect((await vault.read('stock', record))?.reveal()).toBe(`made-up value ${index + 1}`);
      }
      const again = await mcpkey(['store', 'migrate', '--to', to], { home });
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('0 secrets moved')]);
    }
  });

  it('to a locked keychain leaves all where it is', async () => {
    home = await createHome({ DBUS_SESSION_BUS_ADDRESS: service.address });
    await vaultOf(home, 'keychain').ready();
    await service.lock();
    const env = { DBUS_SESSION_BUS_ADDRESS: service.address };
    const record = await vaultOf(home, 'age').keep('stock', secret(`made-up ${'value'}`));
    const run = await mcpkey(['store', 'migrate', '--to', 'keychain', '--json'], { home, env });
    expect([run.code, errorOf(run.stderr).code]).toEqual([7, 'store_locked']);
    expect((await vaultOf(home, 'age').read('stock', record))?.reveal()).toBe('made-up value');
  });
});

describe('store migrate', () => {
  it.each<[string[], number]>([
    [[], 2],
    [['--to', 'env'], 2],
    [['--to', 'nowhere'], 2],
  ])('refuses %j', async (args, exit) => {
    const run = await mcpkey(['store', 'migrate', ...args, '--json'], { home });
    expect([run.code, errorOf(run.stderr).code]).toEqual([exit, 'usage']);
  });

  it('moves what it can, names what it cannot, and loses nothing', async () => {
    // Another identity encrypted the second one, so it cannot be read.
    const good = await vaultOf(home, 'age').keep('stock', secret(`made-up ${'value'}`));
    const stranger = { ...home, env: { ...home.env, MCPKEY_AGE_IDENTITY: await generateX25519Identity() } };
    await vaultOf(stranger, 'age').keep('money', secret(`foreign ${'value'}`));
    const run = await mcpkey(['store', 'migrate', '--to', 'age', '--json'], { home });
    expect(run.code, 'nothing is to be moved').toBe(0);
    expect((await vaultOf(home, 'age').read('stock', good))?.reveal()).toBe('made-up value');
  });
});

describe('log', () => {
  it('shows what was done, as a table, JSON or CSV', async () => {
    await mcpkey(['store', 'use', 'age'], { home });
    const [entry] = await mcpkeyJson<Record<string, unknown>[]>(['log'], { home });
    expect(entry).toMatchObject({
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      actor: 'ann',
      host: 'laptop',
      run: null,
      command: 'store use',
      ref: null,
      outcome: 'done',
      undoable: false,
    });
    expect((await mcpkey(['log', '--format', 'json'], { home })).stdout).toContain(`"id":"${entry?.id}"`);
    expect((await mcpkey(['log'], { home })).stdout).toMatch(/store use .* ann@laptop/);
    const { stdout } = await mcpkey(['log', '--format', 'csv'], { home });
    const [head, line] = stdout.split('\n');
    expect(head).toBe('id,at,actor,host,run,command,ref,oldId,newId,provedAt,oldRefusedAt,outcome,undoable');
    expect(line).toBe(`${entry?.id},${entry?.at},ann,laptop,,store use,,,,,,done,false`);
  });

  it('is empty at first, and --since narrows it', async () => {
    expect(await mcpkeyJson(['log'], { home })).toEqual([]);
    await mcpkey(['store', 'use', 'age'], { home });
    expect(await mcpkeyJson(['log', '--since', '1h'], { home })).toHaveLength(1);
    expect(await mcpkeyJson(['log', '--since', '0s'], { home })).toHaveLength(0);
  });

  it('--verify exits with 1 where someone changed an entry', async () => {
    await mcpkey(['store', 'use', 'age'], { home });
    await mcpkey(['store', 'use', 'age'], { home });
    const whole = await mcpkey(['log', '--verify'], { home });
    const [, last] = await mcpkeyJson<Record<string, unknown>[]>(['log'], { home });
    expect(whole).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`the last is ${last?.id} of ${last?.at}.`),
    });
    expect(whole.stderr).toContain('Entries cut off at the very end cannot be told from a shorter history.');
    const file = join(home.mcpkey, 'state/log');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"actor":"ann"', '"actor":"bob"'));
    const run = await mcpkey(['log', '--verify', '--json'], { home });
    expect([run.code, errorOf(run.stderr).code, run.stdout]).toEqual([1, 'conflict', '']);
  });

  it.each([
    ['--since', '1y'],
    ['--format', 'xml'],
    ['--format', 'csv', '--json'],
  ])('refuses %s %s', async (...args) => {
    expect((await mcpkey(['log', ...args], { home })).code).toBe(2);
  });

  it('names a line that is broken, and leaves it', async () => {
    await mcpkey(['store', 'use', 'age'], { home });
    const file = join(home.mcpkey, 'state/log');
    writeFileSync(file, `nonsense\n${readFileSync(file, 'utf8')}`);
    const run = await mcpkey(['log', '--json'], { home });
    expect([run.code, errorOf(run.stderr)]).toEqual([1, expect.objectContaining({ code: 'bad_config_file' })]);
    expect(errorOf(run.stderr).message).toContain(`${file}: line 1`);
    expect(readFileSync(file, 'utf8')).toMatch(/^nonsense\n/);
  });
});

describe.runIf(process.platform === 'linux' && isRoot())('mcpkey’s own folder', () => {
  it('on a read-only disk is named, and nothing is half done', async () => {
    const disk = await smallDisk(256);
    await chmod(disk, 0o777);
    setReadOnly(disk);
    const run = await mcpkey(['store', 'use', 'age', '--json'], { home, env: { ...bare, MCPKEY_HOME: disk } });
    expect([run.code, errorOf(run.stderr).code]).toEqual([1, 'conflict']);
    expect(errorOf(run.stderr).message).toContain(disk);
    expect(errorOf(run.stderr).message).toContain('read-only');
  });
});
