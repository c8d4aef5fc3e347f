/** Stores that are missing, locked, read-only or closed to us: named before a service is asked, and nothing weaker is taken. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocks } from '../../src/system/locks.ts';
import { hasSecretService, type SecretService, startSecretService } from '../helpers/secret-service.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { type Stocked, startStocked } from './stocked.ts';
import { tracesIn } from './traces.ts';

let stocked: Stocked;
let elsewhere: string;
beforeAll(async () => {
  stocked = await startStocked();
  await stocked.machine.run(['place', 'stock/ci', 'cursor']);
  elsewhere = join(stocked.machine.home.root, 'elsewhere.txt');
  await writeFile(elsewhere, `${await generateX25519Identity()}\n`);
  await writeFile(join(stocked.machine.home.root, 'no-identity.txt'), 'AGE-SECRET-KEY-nonsense\n');
  await writeFile(join(stocked.machine.home.root, 'locked.txt'), 'age-encryption.org/v1\n-> scrypt x 18\n');
});
afterAll(() => stocked.close());

/** What needs a store: to keep a new secret, or to read one that is kept. */
const KEEPING = [
  ['create', 'next'],
  ['login', 'stock', '--password'],
  ['import', 'next', '--stdin'],
];
const READING = [
  ['get', 'stock/ci'],
  ['headers', 'stock/ci'],
  ['exec', 'stock/ci', '--', 'true'],
  ['revoke', 'stock/ci', '--yes'],
];

interface Case {
  readonly what: string;
  readonly env: () => Record<string, string | undefined>;
  readonly code: 'store_unavailable' | 'store_locked';
  readonly says: string;
  readonly commands: readonly string[][];
}

const root = () => stocked.machine.home.root;
const identity = (file: string) => () => ({ MCPKEY_AGE_IDENTITY: join(root(), file) });
const unset = { MCPKEY_STORE: undefined, MCPKEY_AGE_IDENTITY: undefined, DBUS_SESSION_BUS_ADDRESS: undefined };

const CASES: readonly Case[] = [
  {
    what: 'no D-Bus session',
    env: () => ({ ...unset, XDG_RUNTIME_DIR: root() }),
    code: 'store_unavailable',
    says: 'mcpkey store use age',
    commands: KEEPING,
  },
  {
    what: 'a bus that does not answer',
    env: () => ({ ...unset, DBUS_SESSION_BUS_ADDRESS: `unix:path=${root()}/no-bus` }),
    code: 'store_unavailable',
    says: 'mcpkey store use age',
    commands: KEEPING,
  },
  {
    what: 'another age identity',
    env: identity('elsewhere.txt'),
    code: 'store_locked',
    says: 'identity',
    commands: READING,
  },
  {
    what: 'an age identity that is not there',
    env: identity('nowhere.txt'),
    code: 'store_unavailable',
    says: 'nowhere.txt does not exist',
    commands: [...KEEPING, ...READING],
  },
  {
    what: 'an age identity that is none',
    env: identity('no-identity.txt'),
    code: 'store_unavailable',
    says: 'no-identity.txt',
    commands: [...KEEPING.slice(0, 1), ...READING.slice(0, 1)],
  },
  {
    what: 'an age identity behind a passphrase',
    env: identity('locked.txt'),
    code: 'store_locked',
    says: 'age -d',
    commands: [...KEEPING.slice(0, 1), ...READING.slice(0, 1)],
  },
  {
    what: 'the store of the environment, which is read only',
    env: () => ({ MCPKEY_STORE: 'env' }),
    code: 'store_unavailable',
    says: '--store keychain or --store age',
    commands: KEEPING,
  },
];

/** Neither a file nor a key nor a request more than before. */
async function refuses(machine: Machine, { env, code, says, commands }: Case): Promise<void> {
  const before = await tracesIn(root());
  const asked = stocked.sandbox.requests.length;
  const living = stocked.living();
  for (const args of commands) {
    const input = `sk-${'0'.repeat(64)}`;
    const run = { env: { ...stocked.credentials, ...env() }, input };
    if (args[0] === 'revoke') {
      const { stdout } = await machine.run([...args, '--json'], { ...run, code: 7 });
      expect(JSON.parse(stdout)).toMatchObject([{ state: 'failed', error: { code } }]);
      continue;
    }
    const error = await machine.fails(args, run);
    expect(error, `${args.join(' ')}: ${error.message}`).toMatchObject({ code, exit: 7, hint: expect.any(String) });
    expect(`${error.message}\n${error.hint}`).toContain(says);
  }
  expect(stocked.sandbox.requests.slice(asked).map(({ path }) => path)).toEqual([]);
  expect([await tracesIn(root()), stocked.living()]).toEqual([before, living]);
}

describe('a store that is not to be had', () => {
  it.each(CASES)('$what', (each) => refuses(stocked.machine, each));

  it('is told by whoami, list and status without a failure of theirs, where no secret is needed', async () => {
    const env = { ...unset, XDG_RUNTIME_DIR: root() };
    for (const args of [
      ['list', '--local'],
      ['show', 'stock/ci', '--json'],
      ['store', 'status'],
      ['clients'],
      ['log'],
    ]) {
      await stocked.machine.run(args, { env });
    }
  });

  it('is no reason to lose the entry that stands in a client: undo says what it needs', async () => {
    const env = identity('elsewhere.txt')();
    const placed = await stocked.machine.home.read('.cursor/mcp.json');
    expect(await stocked.machine.fails(['undo', '--yes'], { env })).toMatchObject({ code: 'store_locked', exit: 7 });
    expect(await stocked.machine.home.read('.cursor/mcp.json')).toBe(placed);
  });
});

describe.runIf(process.platform === 'linux' && hasSecretService())('a keychain that locks', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  it('migrate that is interrupted loses nothing, and a second one ends it', async () => {
    const own = await createMachine({ DBUS_SESSION_BUS_ADDRESS: service.address });
    await own.run(['profile', 'add', 'generic', '-p', 'mine', '--mcp-url', 'https://mine.example/mcp']);
    const values = ['one', 'two', 'three'].map((name) => [name, ['made', 'up', name].join('-')] as const);
    for (const [name, input] of values) await own.run(['create', name, '-p', 'mine', '--stdin'], { input });
    const all = async () =>
      Promise.all(values.map(async ([name]) => (await own.run(['get', `mine/${name}`])).stdout.trim()));
    const records = join(own.home.mcpkey, 'data/ledger/.secrets/mine');
    // In the order in which migrate goes: the last one is held, and those before are moved.
    const [record = ''] = (await readdir(records)).map((file) => file.replace(/\.json$/, '')).slice(-1);
    const locks = createLocks({ dir: join(own.home.mcpkey, 'state/locks') });
    await locks.with(`secret mine/${record}`, async () => {
      const running = own.start(['store', 'migrate', '--to', 'keychain']);
      const moved = async () => {
        const texts = await Promise.all((await readdir(records)).map((file) => readFile(join(records, file), 'utf8')));
        return texts.some((text) => text.includes('"store":"keychain"'));
      };
      await expect.poll(moved, { timeout: 15_000 }).toBe(true);
      running.kill('SIGINT');
      expect((await running.finished).code).toBe(130);
    });
    expect(await all()).toEqual(values.map(([, value]) => value));
    await own.run(['store', 'migrate', '--to', 'keychain']);
    expect(await all()).toEqual(values.map(([, value]) => value));
  });

  it('keeps what it has, and is named as locked by every command that needs it', async () => {
    const { machine, sandbox, credentials } = stocked;
    const open = { ...unset, DBUS_SESSION_BUS_ADDRESS: service.address };
    await machine.run(['login', 'stock', '--password'], { env: { ...open, ...credentials } });
    const key = await machine.json(KEY, ['create', 'kept'], { env: open });
    expect((await machine.run(['get', 'stock/kept'], { env: open })).stdout).toMatch(/^sk-/);
    await service.lock();
    await refuses(machine, {
      what: 'locked',
      env: () => ({ ...unset, DBUS_SESSION_BUS_ADDRESS: service.address }),
      code: 'store_locked',
      says: 'Unlock it',
      commands: [
        ['create', 'next'],
        ['import', 'next', '--stdin'],
        ['get', 'stock/kept'],
        ['headers', 'stock/kept'],
      ],
    });
    expect(sandbox.keys('stock-data').find(({ id }) => id === key.id)?.revoked).toBe(false);
  });
});
