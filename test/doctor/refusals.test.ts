/** What a generic server refuses a key for, in words that fit, with a remedy that can be run. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FaultAction, startSandbox } from '../sandbox/index.ts';
import { type Clinic, logIn, openEmpty } from './clinic.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openEmpty(await startSandbox({ services: ['stock-data'] }));
  await logIn(clinic);
  await clinic.run(['create', 'ci']);
  const { mcpUrl } = clinic.sandbox.service('stock-data');
  await clinic.run(['profile', 'add', 'generic', '-p', 'any', '--mcp-url', mcpUrl]);
  await clinic.run(['import', 'k', '-p', 'any', '--stdin'], { input: clinic.key().secret });
}, 60_000);
afterAll(() => clinic.close());
afterEach(() => clinic.sandbox.clearFaults());

const probed = async (action: FaultAction) => {
  const match = ({ path, headers }: { path: string; headers: object }) =>
    path === '/messages' && 'authorization' in headers;
  clinic.sandbox.fault('stock-data', { match, times: Number.POSITIVE_INFINITY, action });
  const rows = await clinic.doctor(['--check', 'key.probe', '-p', 'any']);
  return rows.find(({ subject }) => subject === 'any/k');
};

test('a 403 with a web page is no word of the server about the key', async () => {
  const row = await probed({ kind: 'html', status: 403 });
  expect(row).toMatchObject({ state: 'error', seen: expect.stringMatching(/a web page \(HTTP 403\)/) });
  expect(row?.seen).not.toMatch(/credential is good/);
});

test('a 403 for the address says so', async () => {
  const body = { error: { message: 'IP 203.0.113.9 not allowed' } };
  const row = await probed({ kind: 'answer', status: 403, body });
  expect(row).toMatchObject({ seen: expect.stringMatching(/may not be used from this address .*"IP 203/) });
  expect(row?.fix).not.toMatch(/--scope|create/);
});

test('no scope is advised where the service has none', async () => {
  const row = await probed({ kind: 'answer', status: 403, body: {} });
  expect(row?.fix).toMatch(/mcpkey create -p any$/);
});

test('a 401 names no page that is not the server’s', async () => {
  const row = await probed({ kind: 'answer', status: 401, body: {} });
  expect(`${row?.fix} ${row?.advice}`).not.toMatch(/https:/);
});

test('another path has one remedy, whoever finds it', async () => {
  const { mcpUrl } = clinic.sandbox.service('stock-data');
  const elsewhere = new URL('/elsewhere', mcpUrl).href;
  await clinic.run(['profile', 'set', 'any', '--mcp-url', elsewhere, '--yes']);
  const rows = await clinic.doctor(['--check', 'key.probe', '--check', 'profile.reachable', '-p', 'any']);
  const fix = `mcpkey profile set any --mcp-url ${mcpUrl} --yes`;
  expect(rows.map((row) => [row.id, row.fix])).toEqual([
    ['key.probe', fix],
    ['profile.reachable', fix],
  ]);
  expect((await clinic.shell(fix)).code).toBe(0);
});

test.each([
  [['create', 'two', '-p', 'any'], 'mcpkey create two -p any --stdin'],
  [['import', 'two', '-p', 'any'], 'mcpkey import two -p any --stdin'],
])('%j with nobody there prints how the key is piped in', async (words, line) => {
  const hint = `printf %s "$KEY" | ${line}`;
  const { stderr } = await clinic.shell(`mcpkey ${words.join(' ')} </dev/null`);
  expect(stderr).toContain(hint);
  await clinic.run(['create', words[0] ?? '', '-p', 'stock']);
  const spare = clinic.sandbox.keys('stock-data').at(-1)?.secret;
  const piped = await clinic.shell(`KEY='${spare}'; ${hint}`);
  expect(piped.code, piped.stderr).toBe(0);
  await clinic.run(['revoke', 'any/two', '--forget', '--yes']);
});
