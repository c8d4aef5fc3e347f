/** Disks that are full or read-only, at the moment when a command needs them: the old state stays, and no key is lost. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { program } from '../helpers/cli.ts';
import { fillUp, isRoot, makeRoom, NOBODY, nobody, setReadOnly, smallDisk } from '../helpers/disks.ts';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';
import { type Sandbox, type SandboxRequest, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { tracesIn } from './traces.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
});
afterAll(() => sandbox.close());

const login = () => {
  const { url, mcpUrl } = sandbox.service('stock-data');
  return ['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password'];
};
const credentials = () => ({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });

/** Does something in the moment in which the service is asked, and lets the request pass. */
function whenAsked(path: string, act: () => void): void {
  const match = (request: SandboxRequest) => {
    if (request.path === path) act();
    return false;
  };
  sandbox.fault('stock-data', { match, action: { kind: 'never' } });
}

const living = () => sandbox.keys('stock-data').filter(({ revoked }) => !revoked);

interface Spoiler {
  readonly what: string;
  readonly spoil: (disk: string) => void;
  readonly mend: (disk: string) => void;
}
const SPOILERS: readonly Spoiler[] = [
  { what: 'full', spoil: fillUp, mend: makeRoom },
  { what: 'read-only', spoil: (disk) => setReadOnly(disk), mend: (disk) => setReadOnly(disk, false) },
];

const canMount = process.platform === 'linux' && isRoot();

let disk: string;
let machine: Machine;
beforeEach(async () => {
  sandbox.clearFaults();
  disk = await smallDisk(512);
  machine = await createMachine({ MCPKEY_HOME: disk });
});

/** What is on mcpkey's own disk. */
const traces = async () => {
  const { [join(disk, 'filler')]: _, ...rest } = await tracesIn(disk);
  return rest;
};

/** A disk cannot become read-only while a lock is held on it, so this is for full ones alone. */
describe.runIf(canMount)('mcpkey’s own disk is full', () => {
  it('at create: the key that was made is revoked again', async () => {
    await machine.run(login(), { env: credentials() });
    const keys = living().length;
    whenAsked('/api/mcp-keys/create', () => fillUp(disk));
    const error = await machine.fails(['create', 'next']);
    expect(error.message).toContain('the disk is full');
    expect(error.message).toContain('revoked again');
    expect(living()).toHaveLength(keys);
    makeRoom(disk);
    sandbox.clearFaults();
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toEqual([]);
    expect(await readdir(join(disk, 'state/journals'))).toEqual([]);
    await machine.json(KEY, ['create', 'next']);
    expect(living()).toHaveLength(keys + 1);
  });

  it('at import: the key is not kept by half', async () => {
    await machine.run(login(), { env: credentials() });
    await machine.run(['create', 'first']);
    const secret = living().at(-1)?.secret ?? '';
    const before = await traces();
    whenAsked('/messages', () => fillUp(disk));
    const error = await machine.fails(['import', 'again', '--stdin'], { input: secret });
    expect(error.message).toContain('the disk is full');
    makeRoom(disk);
    const { [join(disk, 'state/eras.json')]: _, ...after } = await traces();
    expect(after).toEqual(before);
  });
});

describe.runIf(canMount).each(SPOILERS)('mcpkey’s own disk is $what', ({ what, spoil, mend }) => {
  let disk: string;
  let machine: Machine;
  beforeEach(async () => {
    sandbox.clearFaults();
    disk = await smallDisk(512);
    machine = await createMachine({ MCPKEY_HOME: disk });
  });

  it('before: nothing is asked of the service', async () => {
    await machine.run(login(), { env: credentials() });
    const before = await traces();
    const asked = sandbox.requests.length;
    const keys = living().length;
    spoil(disk);
    for (const args of [login(), ['create', 'next'], ['import', 'next', '--stdin']]) {
      const error = await machine.fails(args, { env: credentials(), input: `sk-${'0'.repeat(64)}` });
      expect(['store_unavailable', 'conflict'], error.message).toContain(error.code);
      expect(error.message).toContain(what);
      expect(error.hint).toMatch(/room|writable/);
    }
    expect(sandbox.requests.slice(asked)).toEqual([]);
    expect([await traces(), living().length]).toEqual([before, keys]);
    mend(disk);
    await machine.json(KEY, ['create', 'next']);
  });

  it('at login: there is neither session nor profile, and the next one works', async () => {
    whenAsked('/api/auth/login', () => spoil(disk));
    const error = await machine.fails(login(), { env: credentials() });
    expect(error, error.message).toMatchObject({ exit: expect.any(Number), hint: expect.any(String) });
    expect(['store_unavailable', 'conflict']).toContain(error.code);
    expect(error.message).toContain(what);
    mend(disk);
    expect(await machine.json(z.array(z.unknown()), ['whoami'])).toEqual([]);
    expect(Object.keys(await traces()).filter((file) => /login|config\.json/.test(file))).toEqual([]);
    sandbox.clearFaults();
    await machine.run(login(), { env: credentials() });
  });

  it('at place and revoke: the client’s file and the key stay', async () => {
    await machine.run(login(), { env: credentials() });
    await machine.run(['create', 'ci']);
    await machine.home.write('.cursor/mcp.json', '{}');
    spoil(disk);
    for (const args of [
      ['place', 'ci', 'cursor'],
      ['setup', 'stock-data', '--place', 'cursor'],
    ]) {
      const { code, stderr, stdout } = await machine.run([...args, '--json'], { code: 1 });
      expect([code, `${stderr}${stdout}`]).toEqual([1, expect.stringContaining(what)]);
    }
    expect(await machine.home.read('.cursor/mcp.json')).toBe('{}');
    mend(disk);
    expect((await machine.json(KEY, ['show', 'ci'])).placements).toEqual([]);
    await machine.run(['place', 'ci', 'cursor']);
  });
});

describe.runIf(canMount).each(SPOILERS)('a client’s disk is $what', ({ what, spoil, mend }) => {
  it('place changes no file, not on other disks either; unplace and undo keep the entry known', async () => {
    const own = await createMachine();
    const { key, home } = await withKey(own);
    const client = { HOME: disk };
    await mkdir(join(disk, '.cursor'));
    await writeFile(join(disk, '.cursor/mcp.json'), '{}');
    const targets = ['place', key, 'cursor', 'env-file', '--mode', 'plain', '--file', join(home.dir, '.env')];
    spoil(disk);
    const error = await own.fails(['place', key, 'claude-desktop', 'cursor'], { env: client });
    expect(error, error.message).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining(what) });
    expect((await own.fails(targets, { env: client })).message).toContain(what);
    expect(await readFile(join(disk, '.cursor/mcp.json'), 'utf8')).toBe('{}');
    await expect(home.read('.env')).rejects.toThrow('ENOENT');
    expect((await own.json(KEY, ['show', key])).placements).toEqual([]);
    mend(disk);
    await own.run(['place', key, 'cursor'], { env: client });
    const placed = await readFile(join(disk, '.cursor/mcp.json'), 'utf8');
    spoil(disk);
    for (const args of [
      ['unplace', key, 'cursor'],
      ['undo', '--yes'],
    ]) {
      expect(await own.fails(args, { env: client })).toMatchObject({ code: 'conflict', exit: 1 });
    }
    expect(await readFile(join(disk, '.cursor/mcp.json'), 'utf8')).toBe(placed);
    expect((await own.json(KEY, ['show', key])).placements).toHaveLength(1);
    mend(disk);
  });
});

/** A machine with one key, made elsewhere, and no service. */
async function withKey(own: Machine) {
  await own.run(['profile', 'add', 'generic', '-p', 'stock', '--mcp-url', 'https://stock.example/mcp']);
  await own.run(['create', 'ci', '-p', 'stock', '--stdin'], { input: ['made', 'up', 'k'.repeat(20)].join('-') });
  return { key: 'stock/ci', home: own.home };
}

describe.runIf(canMount)('a user without rights', () => {
  let as: Awaited<ReturnType<typeof nobody>>;
  beforeAll(async () => {
    as = await nobody(program());
  });
  const give = (path: string) => execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, path]);

  it('whose home is not theirs is told which folder, and loses nothing', async () => {
    const own = await createMachine();
    const { url, mcpUrl } = sandbox.service('stock-data');
    give(own.home.root);
    await chmod(own.home.root, 0o555);
    const before = await tracesIn(own.home.root);
    const asked = sandbox.requests.length;
    const rows: [string[], string][] = [
      [login(), 'store_unavailable'],
      [['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl], 'conflict'],
    ];
    for (const [args, code] of rows) {
      const error = await own.fails(args, { env: credentials(), as });
      expect(error, error.message).toMatchObject({ code, message: expect.stringContaining(own.home.mcpkey) });
      expect(error.hint).toContain('ls -l');
    }
    expect([sandbox.requests.length, await tracesIn(own.home.root)]).toEqual([asked, before]);
  });

  it('reads and uses keys where nothing can be written: list, show, headers, exec, verify', async () => {
    const own = await createMachine();
    await own.run(login(), { env: credentials() });
    await own.run(['create', 'ci']);
    give(own.home.root);
    execFileSync('chmod', ['-R', 'a-w', own.home.root]);
    for (const args of [
      ['list', '--local'],
      ['list'],
      ['show', 'ci'],
      ['headers', 'stock-data/ci'],
      ['exec', 'stock-data/ci', '--', 'true'],
      ['verify', 'stock-data/ci'],
      ['whoami'],
      ['clients'],
      ['log'],
    ]) {
      await own.run(args, { as });
    }
    const error = await own.fails(['get', 'stock-data/ci'], { as });
    expect(error, 'what is revealed is written down').toMatchObject({ code: 'conflict', exit: 1 });
  });

  it('a client’s folder that is closed: place says so, and changes nothing', async () => {
    const own = await createMachine();
    const { key, home } = await withKey(own);
    const file = await home.write('.cursor/mcp.json', '{}');
    give(own.home.root);
    for (const [path, mode] of [
      [file, 0o444],
      [join(home.dir, '.cursor'), 0o555],
      [home.dir, 0o555],
    ] as const) {
      await chmod(path, mode);
      const client = path === home.dir ? 'claude-code' : 'cursor';
      const error = await own.fails(['place', key, client], { as });
      expect(error, error.message).toMatchObject({ code: 'conflict', exit: 1 });
      expect([error.message, error.hint]).toEqual([
        expect.stringContaining('permission denied'),
        expect.stringContaining('ls -l'),
      ]);
      await chmod(path, 0o755);
    }
    expect(await home.read('.cursor/mcp.json')).toBe('{}');
    expect((await own.json(KEY, ['show', key], { as })).placements).toEqual([]);
  });
});

describe.runIf(canMount && hasSecretService())('store migrate onto a disk that fails', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  it.each(SPOILERS)('$what: all stays where it is and can be used', async ({ what, spoil, mend }) => {
    const own = await createMachine({ DBUS_SESSION_BUS_ADDRESS: service.address, MCPKEY_STORE: 'keychain' });
    const { key } = await withKey(own);
    const { stdout: secret } = await own.run(['get', key]);
    const env = { MCPKEY_AGE_DIR: join(disk, 'age') };
    spoil(disk);
    const error = await own.fails(['store', 'migrate', '--to', 'age'], { env });
    expect(error, error.message).toMatchObject({
      code: 'store_unavailable',
      exit: 7,
      message: expect.stringContaining(what),
    });
    expect((await own.run(['get', key])).stdout).toBe(secret);
    mend(disk);
    await own.run(['store', 'migrate', '--to', 'age'], { env });
    expect((await own.run(['get', key], { env })).stdout).toBe(secret);
  });
});
