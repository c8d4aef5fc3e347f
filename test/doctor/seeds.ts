/** Faults: how each comes about, which check finds it, and what a person does where the remedy is words. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Encrypter } from 'age-encryption';
import type { FaultAction, SandboxRequest } from '../sandbox/index.ts';
import type { Clinic } from './clinic.ts';
import { setIn } from './files.ts';

export interface Seed {
  readonly name: string;
  /** Id of the check, and the subject. */
  readonly finds: readonly [id: string, subject: string];
  readonly state?: 'warning';
  /** What the finding says. */
  readonly seen?: RegExp;
  readonly args?: readonly string[];
  /** Words of what it lays hold of: two that share one cannot be there at once. */
  readonly apart?: readonly string[];
  /** `first`: its planting runs commands, which must work. `last`: it breaks what the planting of others needs. */
  readonly order?: 'first' | 'last';
  plant(clinic: Clinic): Promise<unknown>;
  /** Where the remedy is words: what they say. */
  heal?(clinic: Clinic): Promise<unknown>;
  /** Takes out what was planted besides the fault. */
  after?(clinic: Clinic): Promise<unknown>;
}

const own = ({ machine }: Clinic, ...parts: readonly string[]) => join(machine.home.mcpkey, ...parts);
const home = ({ machine }: Clinic, ...parts: readonly string[]) => join(machine.home.dir, ...parts);
const record = (clinic: Clinic) => own(clinic, 'data', 'ledger', 'stock', 'ci.json');
const config = (clinic: Clinic) => own(clinic, 'config', 'config.json');
const cursor = (clinic: Clinic) => home(clinic, '.cursor', 'mcp.json');
const claude = (clinic: Clinic) => home(clinic, '.claude.json');
const desktop = (clinic: Clinic) => home(clinic, '.config', 'Claude', 'claude_desktop_config.json');
const project = ({ dir }: Clinic) => join(dir, '.mcp.json');
const mcpUrl = ({ sandbox }: Clinic) => sandbox.service('stock-data').mcpUrl;

/** What files held before they were broken, to mend them by hand. */
const held = new Map<string, string>();

async function breakFile(path: string, text: string): Promise<void> {
  held.set(path, await readFile(path, 'utf8'));
  await writeFile(path, text);
}
const mendFile = (path: string) => writeFile(path, held.get(path) ?? '');

type Match = (request: SandboxRequest) => boolean;
const fault = ({ sandbox }: Clinic, match: Match, action: FaultAction) =>
  sandbox.fault('stock-data', { match, times: Number.POSITIVE_INFINITY, action });
const clear = async ({ sandbox }: Clinic) => sandbox.clearFaults();
const atEndpoint: Match = ({ path }) => path === '/messages';
const withKey: Match = ({ path, headers }) => path === '/messages' && headers.authorization !== undefined;
const opening: Match = (request) => atEndpoint(request) && !withKey(request);
const rpc = (id: number, rest: object) => ({ jsonrpc: '2.0', id, ...rest });
const welcome = rpc(1, {
  result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } },
});
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);
const DAY = 86_400_000;

const clock =
  (away: number): Seed['plant'] =>
  async (clinic) =>
    fault(clinic, opening, { kind: 'answer', status: 200, body: welcome, headers: { date: ago(away).toUTCString() } });

/** Writes another value in the place of the key's secret. */
async function putSecret(clinic: Clinic, value: string): Promise<void> {
  const path = await secretFile(clinic);
  const identity = await readFile(join(clinic.machine.home.root, 'identity.txt'), 'utf8');
  const { identityToRecipient } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity.trim()));
  await writeFile(path, await encrypter.encrypt(value));
}

async function secretFile(clinic: Clinic): Promise<string> {
  const name: unknown = JSON.parse(await readFile(record(clinic), 'utf8')).secret;
  const root = own(clinic, 'data', 'age');
  const [owner = ''] = (await readdir(root)).filter((each) => each !== 'probe');
  return join(root, owner, 'stock', `${name}.age`);
}

/** The service made the key so many days ago, by its own list. */
const old =
  (days: number): Seed['plant'] =>
  async (clinic) => {
    const { id } = clinic.key();
    const change = (body: unknown) =>
      JSON.parse(JSON.stringify(body), function (this: { id?: unknown }, name, value) {
        return name === 'created_at' && this.id === id
          ? ago(days * DAY)
              .toISOString()
              .slice(0, -1)
          : value;
      });
    fault(clinic, ({ path }) => path === '/api/mcp-keys/list', { kind: 'reshape', change });
  };

const git = async ({ machine }: Clinic, dir: string, ...args: readonly string[]) => {
  const identity = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.test', '-c', 'init.defaultBranch=main'];
  await promisify(execFile)('git', [...identity, ...args], { cwd: dir, env: machine.home.env });
};

const bearer = (clinic: Clinic) => ({ Authorization: `Bearer ${clinic.key().secret}` });
const madeUp = () => ['made', 'up', '1234567890', 'abcdef'].join('');
const unplaceEnv = (clinic: Clinic) => clinic.run(['place', 'stock/ci', 'cursor', '--mode', 'proxy']);

const OWN_FILES: readonly Seed[] = [
  {
    name: 'a file of ours that others can read',
    finds: ['config.permissions', 'mcpkey'],
    plant: (clinic) => chmod(config(clinic), 0o644),
  },
  {
    name: 'a folder of ours that others can enter',
    finds: ['config.permissions', 'mcpkey'],
    plant: (clinic) => chmod(own(clinic, 'data', 'ledger'), 0o755),
  },
  {
    name: 'an age identity that others can read',
    finds: ['config.permissions', 'mcpkey'],
    seen: /identity\.txt/,
    plant: ({ machine }) => chmod(join(machine.home.root, 'identity.txt'), 0o640),
  },
  {
    name: 'a broken config.json',
    apart: ['config'],
    order: 'last',
    finds: ['config.permissions', 'mcpkey'],
    seen: /config\.json.*line 1/,
    plant: (clinic) => breakFile(config(clinic), '{"profiles": '),
    heal: (clinic) => mendFile(config(clinic)),
  },
  {
    name: 'a broken record of a key',
    apart: ['record'],
    order: 'last',
    finds: ['config.permissions', 'mcpkey'],
    seen: /ci\.json/,
    plant: (clinic) => breakFile(record(clinic), '{"name": "ci"}'),
    heal: (clinic) => mendFile(record(clinic)),
  },
];

const STORES: readonly Seed[] = [
  {
    name: 'an identity that is gone',
    apart: ['env'],
    order: 'last',
    finds: ['store.available', 'age'],
    seen: /identity/,
    plant: ({ machine }) => rename(join(machine.home.root, 'identity.txt'), join(machine.home.root, 'identity.away')),
    heal: ({ machine }) => rename(join(machine.home.root, 'identity.away'), join(machine.home.root, 'identity.txt')),
  },
  {
    name: 'no keychain on this machine',
    apart: ['env'],
    order: 'last',
    finds: ['store.available', 'keychain'],
    seen: /D-Bus/,
    plant: async (clinic) => {
      clinic.env = { ...clinic.env, MCPKEY_STORE: 'keychain', XDG_RUNTIME_DIR: clinic.machine.home.root };
    },
    heal: async (clinic) => {
      clinic.env = {};
    },
  },
  {
    name: 'a keychain that was chosen and is not there',
    apart: ['env', 'config'],
    order: 'last',
    finds: ['store.available', 'keychain'],
    async plant(clinic) {
      await setIn(config(clinic), ['preferences', 'store'], 'keychain');
      clinic.env = { ...clinic.env, MCPKEY_STORE: undefined, XDG_RUNTIME_DIR: clinic.machine.home.root };
    },
    after: async (clinic) => {
      clinic.env = {};
    },
  },
  {
    name: 'a store that is unknown',
    apart: ['env'],
    order: 'last',
    finds: ['store.available', '-'],
    seen: /no store/,
    plant: async (clinic) => {
      clinic.env = { ...clinic.env, MCPKEY_STORE: 'agee' };
    },
    heal: async (clinic) => {
      clinic.env = {};
    },
  },
];

const SERVICES: readonly Seed[] = [
  {
    name: 'an address with another path',
    apart: ['config', 'endpoint'],
    finds: ['profile.reachable', 'stock'],
    seen: /no MCP endpoint at .*\/wrong/,
    plant: (clinic) =>
      setIn(config(clinic), ['profiles', 'stock', 'mcpUrl'], mcpUrl(clinic).replace('/messages', '/wrong')),
  },
  {
    name: 'a connection that is cut',
    apart: ['endpoint'],
    finds: ['profile.reachable', 'stock'],
    plant: async (clinic) => fault(clinic, atEndpoint, { kind: 'reset' }),
    heal: clear,
  },
  {
    name: 'a login page of the network',
    apart: ['endpoint'],
    finds: ['profile.reachable', 'stock'],
    seen: /web page/,
    plant: async (clinic) => fault(clinic, atEndpoint, { kind: 'html' }),
    heal: clear,
  },
  {
    name: 'an address that moved',
    apart: ['endpoint'],
    finds: ['profile.reachable', 'stock'],
    seen: /leads elsewhere/,
    plant: async (clinic) =>
      fault(clinic, atEndpoint, { kind: 'redirect', to: 'https://elsewhere.example/', status: 308 }),
    heal: clear,
  },
  {
    name: 'a service that fails',
    apart: ['endpoint'],
    finds: ['profile.reachable', 'stock'],
    seen: /HTTP 503/,
    plant: async (clinic) => fault(clinic, atEndpoint, { kind: 'answer', status: 503, body: { error: 'down' } }),
    heal: clear,
  },
  {
    name: 'a clock that is minutes ahead',
    apart: ['endpoint'],
    finds: ['profile.clock', 'stock'],
    state: 'warning',
    plant: clock(150_000),
    heal: clear,
  },
  {
    name: 'a clock that is wrong',
    apart: ['endpoint'],
    finds: ['profile.clock', 'stock'],
    seen: /20 min behind/,
    plant: clock(-1_200_000),
    heal: clear,
  },
  {
    name: 'a login that the service has ended',
    finds: ['profile.session', 'stock'],
    plant: async ({ sandbox }) => sandbox.service('stock-data').endLogins(),
  },
];

const KEYS: readonly Seed[] = [
  {
    name: 'a secret that is gone from its store',
    apart: ['secret', 'list'],
    finds: ['key.form', 'stock/ci'],
    seen: /gone/,
    plant: async (clinic) => rm(await secretFile(clinic)),
  },
  {
    name: 'a secret that was cut off',
    apart: ['secret', 'list'],
    finds: ['key.form', 'stock/ci'],
    seen: /form/,
    plant: (clinic) => putSecret(clinic, clinic.key().secret.slice(0, 40)),
  },
  {
    name: 'a key that has ended',
    apart: ['list'],
    finds: ['key.expiry', 'stock/ci'],
    plant: async (clinic) => {
      clinic.key().expiresAt = ago(DAY);
    },
  },
  {
    name: 'a key that ends soon',
    apart: ['list'],
    finds: ['key.expiry', 'stock/ci'],
    state: 'warning',
    seen: /in 4 days/,
    plant: async (clinic) => {
      clinic.key().expiresAt = ago(-4.5 * DAY);
    },
  },
  {
    name: 'a key that is old',
    apart: ['list'],
    finds: ['key.age', 'stock/ci'],
    state: 'warning',
    seen: /120 days/,
    plant: old(120),
    after: clear,
  },
  {
    name: 'a key that is older than was asked for',
    apart: ['list'],
    finds: ['key.age', 'stock/ci'],
    state: 'warning',
    args: ['--max-age', '20d'],
    plant: old(30),
    after: clear,
  },
  {
    name: 'an old key past its grace',
    apart: ['rotation', 'record'],
    order: 'first',
    finds: ['key.grace', 'stock/ci'],
    state: 'warning',
    async plant(clinic) {
      await clinic.run(['rotate', 'stock/ci', '--grace', '1h']);
      await setIn(record(clinic), ['previous', 'revokeAt'], ago(60_000).toISOString());
    },
  },
  {
    name: 'a key that nobody here holds',
    order: 'first',
    finds: ['key.orphan', 'stock/elsewhere'],
    state: 'warning',
    async plant(clinic) {
      await clinic.run(['create', 'elsewhere']);
      await rm(join(dirname(record(clinic)), 'elsewhere.json'));
    },
  },
  {
    name: 'a key that was revoked at the service',
    apart: ['list'],
    finds: ['key.missing', 'stock/ci'],
    plant: async (clinic) => {
      clinic.key().revoked = true;
    },
  },
  {
    name: 'a refused key, told by its own words',
    apart: ['list'],
    finds: ['key.probe', 'stock/ci'],
    seen: /initialize was answered.*tools\/list was not.*Invalid or expired API key.*revoked/,
    plant: async (clinic) => {
      clinic.key().revoked = true;
    },
  },
  {
    name: 'a limit that is used up',
    apart: ['endpoint', 'list'],
    finds: ['key.probe', 'stock/ci'],
    state: 'warning',
    seen: /in 10 min/,
    plant: async (clinic) =>
      fault(clinic, withKey, { kind: 'answer', status: 429, body: {}, headers: { 'retry-after': '600' } }),
    heal: clear,
  },
  {
    name: 'an endpoint that gets no key',
    apart: ['endpoint', 'list'],
    finds: ['key.probe', 'stock/ci'],
    seen: /API key required/,
    plant: async (clinic) =>
      fault(clinic, withKey, {
        kind: 'answer',
        status: 401,
        body: rpc(2, { error: { code: -32001, message: 'API key required.' } }),
      }),
    heal: clear,
  },
];

const PLACEMENTS: readonly Seed[] = [
  {
    name: 'a client’s file that is gone',
    apart: ['cursor'],
    finds: ['placement.file', 'cursor'],
    plant: (clinic) => rm(cursor(clinic)),
  },
  {
    name: 'a client’s file that does not parse',
    apart: ['cursor'],
    finds: ['placement.file', 'cursor'],
    seen: /line 1/,
    plant: (clinic) => breakFile(cursor(clinic), '{"mcpServers": {"stock": '),
    heal: (clinic) => mendFile(cursor(clinic)),
  },
  {
    name: 'an entry that is gone',
    finds: ['placement.entry', 'claude-code'],
    plant: (clinic) => setIn(claude(clinic), ['mcpServers', 'stock'], undefined),
  },
  {
    name: 'an entry that was changed',
    apart: ['cursor'],
    finds: ['placement.entry', 'cursor'],
    state: 'warning',
    plant: (clinic) => setIn(cursor(clinic), ['mcpServers', 'stock', 'args'], ['proxy', 'stock/ci', '--quiet']),
  },
  {
    name: 'an entry that is another one now',
    apart: ['cursor'],
    finds: ['placement.entry', 'cursor'],
    plant: (clinic) => setIn(cursor(clinic), ['mcpServers', 'stock'], { command: '/bin/cat', args: [] }),
  },
  {
    name: 'a launcher that is gone',
    apart: ['launcher', 'cursor'],
    finds: ['placement.command', 'cursor'],
    seen: /is not there/,
    plant: (clinic) => rm(own(clinic, 'data', 'app', 'mcpkey')),
  },
  {
    name: 'a launcher that may not be run',
    apart: ['launcher', 'cursor'],
    finds: ['placement.command', 'claude-code'],
    seen: /may not be run/,
    plant: (clinic) => chmod(own(clinic, 'data', 'app', 'mcpkey'), 0o600),
  },
  {
    name: 'a launcher that finds no mcpkey',
    apart: ['launcher', 'cursor'],
    finds: ['placement.command', 'cursor'],
    plant: (clinic) => rm(own(clinic, 'data', 'app', 'used')),
  },
  {
    name: 'a variable that is not set',
    apart: ['cursor'],
    order: 'first',
    finds: ['placement.env', 'cursor'],
    seen: /STOCK_API_KEY.*not set/,
    plant: (clinic) => clinic.run(['place', 'stock/ci', 'cursor', '--mode', 'env']),
  },
  {
    name: 'a variable that this terminal alone has',
    apart: ['cursor', 'env', 'list'],
    order: 'first',
    finds: ['placement.env', 'cursor'],
    state: 'warning',
    seen: /desktop/,
    async plant(clinic) {
      await clinic.run(['place', 'stock/ci', 'cursor', '--mode', 'env']);
      clinic.env = { ...clinic.env, STOCK_API_KEY: clinic.key().secret };
    },
    after: async (clinic) => {
      clinic.env = {};
    },
  },
  {
    name: 'a variable that holds another key',
    apart: ['cursor'],
    order: 'first',
    finds: ['placement.env', 'cursor'],
    seen: /another key/,
    async plant(clinic) {
      await clinic.run(['place', 'stock/ci', 'cursor', '--mode', 'env']);
      await mkdir(home(clinic, '.config', 'environment.d'), { recursive: true });
      await writeFile(home(clinic, '.config', 'environment.d', '50.conf'), `STOCK_API_KEY=${madeUp()}\n`);
    },
    after: (clinic) => rm(home(clinic, '.config', 'environment.d'), { recursive: true }),
  },
  {
    name: 'a project’s entry of the same name',
    apart: ['cursor'],
    finds: ['placement.shadowed', 'cursor'],
    state: 'warning',
    plant: (clinic) => setIn(join(clinic.dir, '.cursor', 'mcp.json'), ['mcpServers', 'stock'], { command: '/bin/cat' }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'cursor', '--scope', 'project']);
      await rm(join(clinic.dir, '.cursor'), { recursive: true, force: true });
    },
  },
  {
    name: 'a local entry of the same name',
    finds: ['placement.shadowed', 'claude-code'],
    state: 'warning',
    plant: (clinic) =>
      setIn(claude(clinic), ['projects', clinic.dir, 'mcpServers', 'stock'], { type: 'stdio', command: '/bin/cat' }),
    async after(clinic) {
      // Taking it out gives back what was replaced by force: the fault itself.
      await clinic.run(['unplace', 'stock/ci', 'claude-code', '--scope', 'local']);
      await setIn(claude(clinic), ['projects', clinic.dir, 'mcpServers', 'stock'], undefined);
    },
  },
];

const CLIENTS: readonly Seed[] = [
  {
    name: 'a key in clear in a header',
    // A key that is rotated first is a dead one when it is lifted.
    apart: ['list'],
    finds: ['client.plaintext', 'claude-code'],
    plant: (clinic) =>
      setIn(project(clinic), ['mcpServers', 'mine'], { type: 'http', url: mcpUrl(clinic), headers: bearer(clinic) }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'claude-code', '--scope', 'project']);
      await rm(project(clinic), { force: true });
    },
  },
  {
    name: 'a key in a file that git tracks',
    apart: ['git'],
    finds: ['client.plaintext', 'git'],
    seen: /stock\/ci.*notes\.txt:1/,
    async plant(clinic) {
      await git(clinic, clinic.dir, 'init', '--quiet');
      await writeFile(join(clinic.dir, 'notes.txt'), `key ${clinic.key().secret}\n`);
      await git(clinic, clinic.dir, 'add', 'notes.txt');
    },
    async after(clinic) {
      await rm(join(clinic.dir, '.git'), { recursive: true, force: true });
      await rm(join(clinic.dir, 'notes.txt'), { force: true });
    },
  },
  {
    name: 'a key that git’s history remembers',
    apart: ['git'],
    finds: ['client.plaintext', 'git'],
    args: ['--deep'],
    seen: /stock\/ci.*git’s commit [0-9a-f]+/,
    async plant(clinic) {
      await git(clinic, clinic.dir, 'init', '--quiet');
      await writeFile(join(clinic.dir, 'notes.txt'), `key ${clinic.key().secret}\n`);
      await git(clinic, clinic.dir, 'add', 'notes.txt');
      await git(clinic, clinic.dir, 'commit', '--quiet', '-m', 'notes');
      await git(clinic, clinic.dir, 'rm', '--quiet', 'notes.txt');
      await git(clinic, clinic.dir, 'commit', '--quiet', '-m', 'none');
    },
    after: ({ dir }) => rm(join(dir, '.git'), { recursive: true, force: true }),
  },
  {
    name: 'a key in a shell’s history',
    finds: ['client.plaintext', 'shell'],
    args: ['--deep'],
    seen: /stock\/ci.*\.bash_history:2/,
    plant: (clinic) =>
      writeFile(home(clinic, '.bash_history'), `ls\ncurl -H 'Authorization: Bearer ${clinic.key().secret}'\n`),
    after: (clinic) => rm(home(clinic, '.bash_history')),
  },
  {
    name: 'a plain key that others can read',
    apart: ['cursor'],
    order: 'first',
    finds: ['client.permissions', 'cursor'],
    async plant(clinic) {
      await clinic.run(['place', 'stock/ci', 'cursor', '--mode', 'plain']);
      await chmod(cursor(clinic), 0o644);
    },
    after: unplaceEnv,
  },
  {
    name: 'an env file that others can read',
    apart: ['env-file'],
    order: 'first',
    finds: ['client.permissions', 'env-file'],
    async plant(clinic) {
      await clinic.run(['place', 'stock/ci', 'env-file', '--file', '.env']);
      await chmod(join(clinic.dir, '.env'), 0o640);
    },
    after: (clinic) => clinic.run(['unplace', 'stock/ci', 'env-file']),
  },
  {
    name: 'a plain key in a file that git tracks',
    apart: ['env-file', 'git'],
    order: 'first',
    finds: ['client.git', 'env-file'],
    async plant(clinic) {
      await git(clinic, clinic.dir, 'init', '--quiet');
      await clinic.run(['place', 'stock/ci', 'env-file', '--file', '.env']);
      await git(clinic, clinic.dir, 'add', '.env');
    },
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'env-file']);
      await rm(join(clinic.dir, '.git'), { recursive: true, force: true });
    },
  },
  {
    name: 'plain http to another machine',
    apart: ['cursor'],
    finds: ['client.http', 'cursor'],
    state: 'warning',
    plant: (clinic) => setIn(cursor(clinic), ['mcpServers', 'far'], { url: 'http://mcp.example/mcp' }),
    heal: (clinic) => setIn(cursor(clinic), ['mcpServers', 'far'], undefined),
  },
  {
    name: 'an address without a type',
    finds: ['client.shape', 'claude-code'],
    seen: /no "type"/,
    plant: (clinic) => setIn(claude(clinic), ['mcpServers', 'mine'], { url: mcpUrl(clinic) }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'claude-code', '--name', 'mine']);
      await setIn(claude(clinic), ['mcpServers', 'mine'], undefined);
    },
  },
  {
    name: 'another client’s field for the address',
    apart: ['cursor'],
    finds: ['client.shape', 'cursor'],
    seen: /serverUrl/,
    plant: (clinic) => setIn(cursor(clinic), ['mcpServers', 'mine'], { serverUrl: mcpUrl(clinic) }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'cursor', '--name', 'mine']);
      await setIn(cursor(clinic), ['mcpServers', 'mine'], undefined);
    },
  },
  {
    name: 'another client’s table',
    apart: ['cursor'],
    finds: ['client.shape', 'cursor'],
    seen: /"servers".*"mcpServers"/,
    plant: (clinic) => setIn(cursor(clinic), ['servers'], { far: { url: 'https://mcp.example/mcp' } }),
    heal: (clinic) => setIn(cursor(clinic), ['servers'], undefined),
  },
  {
    name: 'an address in a client that takes none',
    finds: ['client.shape', 'claude-desktop'],
    seen: /local servers only/,
    plant: (clinic) => setIn(desktop(clinic), ['mcpServers', 'mine'], { url: mcpUrl(clinic) }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'claude-desktop', '--name', 'mine']);
      await rm(dirname(desktop(clinic)), { recursive: true });
    },
  },
  {
    name: 'a reference in another client’s spelling',
    apart: ['cursor'],
    finds: ['client.unexpanded', 'cursor'],
    seen: /\$\{STOCK_API_KEY\}/,
    plant: (clinic) =>
      setIn(cursor(clinic), ['mcpServers', 'mine'], {
        url: mcpUrl(clinic),
        headers: { Authorization: ['Bearer $', '{STOCK_API_KEY}'].join('') },
      }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'cursor', '--name', 'mine']);
      await setIn(cursor(clinic), ['mcpServers', 'mine'], undefined);
    },
  },
  {
    name: 'a reference to a variable that is not set',
    apart: ['cursor'],
    finds: ['client.unexpanded', 'cursor'],
    state: 'warning',
    seen: /reads MADE_UP_KEY, which is not set here/,
    plant: (clinic) =>
      setIn(cursor(clinic), ['mcpServers', 'mine'], {
        url: mcpUrl(clinic),
        headers: { Authorization: ['Bearer $', '{env:MADE_UP_KEY}'].join(''), Host: ['$', '{env:HOME}'].join('') },
      }),
    async after(clinic) {
      await clinic.run(['unplace', 'stock/ci', 'cursor', '--name', 'mine']);
      await setIn(cursor(clinic), ['mcpServers', 'mine'], undefined);
    },
  },
];

const LEFT: readonly Seed[] = [
  {
    name: 'a rotation that was cut short',
    apart: ['rotation', 'list'],
    order: 'first',
    finds: ['rotation.pending', 'stock/ci'],
    state: 'warning',
    async plant(clinic) {
      const planted = fault(clinic, ({ path }) => path === '/api/mcp-keys/create', { kind: 'silent' });
      const running = clinic.start(['rotate', 'stock/ci']);
      while (planted.hits === 0) await new Promise((done) => setTimeout(done, 10));
      running.kill('SIGKILL');
      await running.finished;
      planted.remove();
    },
  },
  {
    name: 'the making of a key that was cut short',
    order: 'first',
    finds: ['rotation.pending', 'stock/late'],
    state: 'warning',
    async plant(clinic) {
      const planted = fault(clinic, ({ path }) => path === '/api/mcp-keys/create', { kind: 'silent' });
      const running = clinic.start(['create', 'late']);
      while (planted.hits === 0) await new Promise((done) => setTimeout(done, 10));
      running.kill('SIGKILL');
      await running.finished;
      planted.remove();
    },
  },
];

export const SEEDS: readonly Seed[] = [
  ...OWN_FILES,
  ...STORES,
  ...SERVICES,
  ...KEYS,
  ...PLACEMENTS,
  ...CLIENTS,
  ...LEFT,
];
