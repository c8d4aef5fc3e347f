/** What the options do: --fix, --check, --accept, --strict; and the pages and words about the checks. */
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECK_IDS } from '../../src/doctor/ids.ts';
import { mcpkey } from '../helpers/cli.ts';
import { type Clinic, logIn, openClinic, ROWS, type Row, wrong } from './clinic.ts';
import { setIn } from './files.ts';
import { SEEDS } from './seeds.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
});
afterAll(() => clinic.close());

const doctor = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await mcpkey(['doctor', ...args], {
    home: clinic.machine.home,
    cwd: clinic.dir,
    env: clinic.env,
  });
  return { code, stdout, stderr };
};
const rowsOf = (text: string): readonly Row[] => ROWS.parse(JSON.parse(text));
const own = (...parts: readonly string[]) => join(clinic.machine.home.mcpkey, ...parts);
const plant = (name: string) => SEEDS.find((seed) => seed.name === name)?.plant(clinic);

test('every id is listed, in order, and once for each subject', async () => {
  const ids = (await clinic.doctor()).map(({ id }) => id);
  expect([...new Set(ids)]).toEqual(CHECK_IDS);
});

test('on a machine where nothing was ever done, every id is listed and nothing is wrong', async () => {
  const { home } = clinic.machine;
  const bare = { ...home.env, HOME: clinic.dir, MCPKEY_HOME: join(home.root, 'nothing') };
  const { code, stdout } = await mcpkey(['doctor', '--json'], { home: { ...home, env: bare }, cwd: clinic.dir });
  expect(code).toBe(0);
  const rows = rowsOf(stdout);
  expect([...new Set(rows.map(({ id }) => id))]).toEqual(CHECK_IDS);
  expect(wrong(rows)).toEqual([]);
});

test('--fix does what is harmless, says each thing, and then nothing is wrong', async () => {
  await chmod(own('config', 'config.json'), 0o644);
  await rm(own('data', 'app', 'mcpkey'));
  const { code, stdout, stderr } = await doctor('--fix', '--json');
  expect([code, wrong(rowsOf(stdout))]).toEqual([0, []]);
  expect(stderr).toMatch(/config\.permissions mcpkey: Took the rights of others from .*config\.json/);
  expect(stderr).toMatch(/placement\.command cursor: Made .*mcpkey anew/);
});

test('--fix makes the launcher anew that a helper’s line names, and says it once', { timeout: 30_000 }, async () => {
  await clinic.run(['place', 'stock/ci', 'codex', '--mode', 'helper']);
  await rm(own('data', 'app', 'mcpkey'));
  const before = await clinic.doctor(['--check', 'placement.command']);
  expect(before.find(({ subject }) => subject === 'codex')?.seen).toMatch(/mcpkey is not there/);
  await clinic.run(['unplace', 'stock/ci', 'cursor', 'claude-code']);
  await rm(own('data', 'app', 'mcpkey'), { force: true });
  const { code, stderr } = await doctor('--fix');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/placement\.command codex: Made .*mcpkey anew/)]);
  await clinic.run(['place', 'stock/ci', 'cursor', 'claude-code']);
  await rm(own('data', 'app', 'mcpkey'));
  expect((await doctor('--fix')).stderr.match(/Made .*mcpkey anew/g)).toHaveLength(1);
  await clinic.run(['unplace', 'stock/ci', 'codex']);
});

test('--fix leaves alone what could do harm, and prints the command', async () => {
  await plant('a key in a shell’s history');
  const { code, stdout, stderr } = await doctor('--fix', '--deep');
  expect(code).toBe(10);
  expect(stdout).toMatch(/→ mcpkey rotate stock\/ci/);
  expect(stderr).toMatch(/without harm/);
  await rm(join(clinic.machine.home.dir, '.bash_history'));
});

test('--check runs one, or several; --strict counts warnings', async () => {
  await plant('a key that ends soon');
  const { code, stdout } = await doctor('--check', 'key.expiry', '--check', 'runtime.version', '--json');
  expect(code).toBe(0);
  expect(rowsOf(stdout).map(({ id, state }) => [id, state])).toEqual([
    ['key.expiry', 'warning'],
    ['runtime.version', 'ok'],
  ]);
  expect((await doctor('--check', 'key.expiry', '--strict')).code).toBe(10);
  expect((await doctor('--check', 'key.expiry')).stdout).toMatch(/on \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
  expect((await doctor('--check', 'key.age', '--max-age', '1s')).stdout).toMatch(/That is more than 1s\./);
});

test('--accept remembers a finding as it is, and tells it again when it gets worse', async () => {
  const { code, stdout } = await doctor('--accept', 'key.expiry', 'stock/ci', '--json');
  expect([code, rowsOf(stdout)[0]]).toMatchObject([0, { state: 'ok', accepted: true, fix: null }]);
  const rows = await clinic.doctor(['--strict']);
  expect(wrong(rows)).toEqual([]);
  expect(rows.find(({ id }) => id === 'key.expiry')).toMatchObject({ state: 'ok', accepted: true });
  await plant('a key that has ended');
  expect(wrong(await clinic.doctor()).map(({ id, state }) => [id, state])).toContainEqual(['key.expiry', 'error']);
  await clinic.run(['rotate', 'stock/ci']);
});

test.each([
  [['--accept', 'key.expiry'], 2, /no SUBJECT/],
  [['--accept', 'key.expiry', 'stock/none'], 5, /no subject "stock\/none"/],
  [['--accept', 'key.expire', 'stock/ci'], 5, /Did you mean "key\.expiry"/],
  [['--check', 'key.prob'], 5, /Did you mean "key\.probe"/],
  [['stock/ci'], 2, /without --accept/],
  [['-p', 'stok'], 5, /Did you mean "stock"/],
])('%j is refused', async (args, exit, message) => {
  const { code, stderr } = await doctor(...args);
  expect([code, stderr]).toEqual([exit, expect.stringMatching(message)]);
});

test('--profile looks at that one and its keys alone', async () => {
  const { url, mcpUrl } = clinic.sandbox.service('stock-data');
  await clinic.run(['profile', 'add', 'stock-data', '-p', 'other', '--url', url, '--mcp-url', mcpUrl]);
  const subjects = (rows: readonly Row[], id: string) =>
    rows.filter((row) => row.id === id).map(({ subject }) => subject);
  expect(subjects(await clinic.doctor(), 'profile.reachable')).toEqual(['stock', 'other']);
  const rows = await clinic.doctor(['-p', 'other']);
  expect([subjects(rows, 'profile.reachable'), subjects(rows, 'key.form')]).toEqual([['other'], ['-']]);
  expect([...new Set(rows.map(({ id }) => id))]).toEqual(CHECK_IDS);
  await clinic.run(['profile', 'remove', 'other', '--yes']);
});

test.each([
  ['config.json', '{"profiles": '],
  ['accepted.json', '{}'],
])('a broken %s is told once, with the command that moves it away', async (name, text) => {
  const path = own('config', name);
  const before = await readFile(path).catch(() => undefined);
  await writeFile(path, text, { mode: 0o600 });
  const rows = wrong(await clinic.doctor());
  expect(rows.map(({ id, fix }) => [id, fix])).toEqual([['config.permissions', `mv ${path} ${path}.broken`]]);
  expect((await clinic.shell(rows[0]?.fix ?? '')).code).toBe(0);
  await rm(`${path}.broken`);
  if (before) await writeFile(path, before, { mode: 0o600 });
});

test('--accept says where there is nothing to accept', async () => {
  const { code, stderr } = await doctor('--accept', 'key.form', 'stock/ci');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/nothing to accept/)]);
});

test('the printed way to accept a leak that only a deep look sees works as it stands', async () => {
  const history = join(clinic.machine.home.dir, '.bash_history');
  await writeFile(history, `export STOCK_API_KEY=${clinic.key().secret.slice(0, -4)}0000\n`);
  const found = (await clinic.doctor(['--deep', '--check', 'client.plaintext'])).find(
    ({ subject }) => subject === 'shell',
  );
  const [accept = ''] = /mcpkey doctor --accept .*$/.exec(found?.fix ?? '') ?? [];
  expect((await clinic.shell(accept)).code).toBe(0);
  const rows = await clinic.doctor(['--deep', '--check', 'client.plaintext']);
  expect(rows.find(({ subject }) => subject === 'shell')).toMatchObject({ accepted: true });
  await rm(history);
});

/** Overwrites the files of the age store whose record `isMeant`; what they held. */
async function damage(isMeant: (record: string) => boolean): Promise<ReadonlyMap<string, Buffer>> {
  const root = own('data', 'age');
  const all = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.age'));
  const meant = all.filter((name) => isMeant(basename(name, '.age'))).map((name) => join(root, name));
  const held = new Map<string, Buffer>();
  for (const path of meant) {
    held.set(path, await readFile(path));
    await writeFile(path, 'no age file');
  }
  return held;
}

test('one login that cannot be read is an error, and a new login mends it', { timeout: 60_000 }, async () => {
  expect((await damage((record) => record === 'login')).size).toBe(1);
  const found = wrong(await clinic.doctor()).find(({ id }) => id === 'profile.session');
  expect(found).toMatchObject({ subject: 'stock', fix: 'mcpkey login stock', seen: expect.stringMatching(/damaged/) });
  await logIn(clinic);
  expect(wrong(await clinic.doctor())).toEqual([]);
});

test('one secret that cannot be read is an error where its store works', { timeout: 60_000 }, async () => {
  const { secret } = JSON.parse(await readFile(own('data', 'ledger', 'stock', 'ci.json'), 'utf8'));
  const held = await damage((record) => record === secret);
  expect(held.size).toBe(1);
  const rows = wrong(await clinic.doctor());
  expect(rows.map(({ id, fix }) => [id, fix])).toEqual([
    ['key.form', 'mcpkey rotate stock/ci'],
    ['key.probe', 'mcpkey rotate stock/ci'],
  ]);
  for (const [path, bytes] of held) await writeFile(path, bytes);
});

test('a key in an entry that adopt leaves is told with the reason, and may be accepted', async () => {
  const path = join(clinic.machine.home.dir, '.claude.json');
  const before = await readFile(path, 'utf8');
  const { mcpUrl } = clinic.sandbox.service('stock-data');
  const key = ['made', 'up', '1234567890', 'abcdef'].join('');
  const headers = { Authorization: `Bearer ${key}`, 'X-API-Key': `${key}9` };
  await setIn(path, ['mcpServers', 'two'], { type: 'http', url: mcpUrl, headers });
  const look = async () =>
    (await clinic.doctor(['--check', 'client.plaintext'])).find((row) => row.seen.includes('two'));
  const found = await look();
  expect(found?.seen).toMatch(/It stays, because it takes several keys at once, and mcpkey sends one\.$/);
  expect(found?.fix).toMatch(/^Change the entry by hand/);
  const [accept = ''] = /mcpkey doctor --accept .*$/.exec(found?.fix ?? '') ?? [];
  expect(accept).toBe('mcpkey doctor --accept client.plaintext claude-code');
  expect((await clinic.shell(accept)).code).toBe(0);
  expect(await look()).toMatchObject({ accepted: true });
  await rm(own('config', 'accepted.json'));
  // Beside one that it moves, the command comes first.
  await setIn(path, ['mcpServers', 'one'], { type: 'http', url: mcpUrl, headers: { 'X-API-Key': key } });
  expect((await look())?.fix).toBe('mcpkey adopt --rotate --yes');
  await writeFile(path, before);
});

test('a project’s helper that finds no mcpkey on PATH wants it there', { timeout: 30_000 }, async () => {
  await clinic.run(['place', 'stock/ci', 'codex', '--mode', 'helper', '--scope', 'project']);
  const look = async () =>
    (await clinic.doctor(['--check', 'placement.command'])).find(({ subject }) => subject === 'codex');
  expect(await look()).toMatchObject({ state: 'ok' });
  clinic.env = { PATH: clinic.machine.home.env.PATH };
  expect(await look()).toMatchObject({ state: 'error', fix: 'npm install --global mcpkey' });
  clinic.env = {};
  await clinic.run(['unplace', 'stock/ci', 'codex', '--scope', 'project']);
});

test('the screen is calm: a line a group where nothing is wrong, a remedy a finding', async () => {
  expect((await doctor()).stdout.split('\n').filter((line) => line !== '').length).toBeLessThan(10);
  await plant('an entry that is gone');
  const { code, stdout } = await doctor();
  expect(code).toBe(10);
  expect(stdout).toMatch(/✗ claude-code placement\.entry\n {4}"stock" is gone from .*\n {4}→ mcpkey place stock\/ci/);
  expect(stdout.trimEnd()).toMatch(/1 error\. What one means: mcpkey help checks ID$/);
  await clinic.run(['place', 'stock/ci', 'claude-code']);
});

test('each check has its page, and its id is completed', async () => {
  expect(await clinic.run(['help', 'checks'])).toMatch(/key\.probe +The service takes the key/);
  expect(await clinic.run(['help', 'checks', 'key.probe'])).toMatch(/mcpkey doctor --check key\.probe/);
  const words = (await clinic.run(['__complete', '--', 'doctor', '--check', 'key.'])).trim().split('\n');
  expect(words).toEqual(CHECK_IDS.filter((id) => id.startsWith('key.')));
});
