/** Which of a service's keys an imported one is: it is revoked by that id later. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

let sandbox: Sandbox;
let elsewhere: Machine;
let machine: Machine;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  elsewhere = await loggedIn();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.clearFaults();
  machine = await loggedIn();
});

async function loggedIn(): Promise<Machine> {
  const { email, password } = sandbox.person;
  const one = await createMachine({ MCPKEY_EMAIL: email, MCPKEY_PASSWORD: password });
  const { url, mcpUrl } = sandbox.service('stock-data');
  await one.run(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password', '-p', 'stock']);
  return one;
}

/** A key that this machine does not know. */
async function make() {
  const { id } = await elsewhere.json(KEY, ['create', `key-${sandbox.keys('stock-data').length}`]);
  const secret = sandbox.keys('stock-data').find((key) => key.id === id)?.secret ?? 'none';
  return { id, secret };
}

const STRANGER = { id: '901', key_name: 'ci', api_key_prefix: 'zz-0000' };
const imported = (input: string) => machine.json(KEY, ['import', 'ci', '-p', 'stock', '--stdin'], { input });

/** From now on the service lists these alone. */
function listed(rows: readonly { id: string; key_name: string; api_key_prefix: string | null }[]): void {
  const body = { keys: rows.map((row) => ({ ...row, is_active: true })), total: rows.length };
  const match = ({ path }: { path: string }) => path === '/api/mcp-keys/list';
  sandbox.fault('stock-data', { match, times: 99, action: { kind: 'answer', status: 200, body } });
}

it('a stranger’s key of the same name is no record of it, so that nothing revokes that one in its place', async () => {
  const { secret } = await make();
  listed([STRANGER]);
  const key = await imported(secret);
  expect(key).toMatchObject({ name: 'ci', prefix: secret.slice(0, 7) });
  expect(key.id).not.toBe(STRANGER.id);
});

it.each<[string, (secret: string) => string | null, string]>([
  ['as many characters as mcpkey shows', (secret) => secret.slice(0, 7), 'other name'],
  ['more of them, and dots', (secret) => `${secret.slice(0, 12)}...`, 'other name'],
  [
    'the beginning and the end, with stars between',
    (secret) => `${secret.slice(0, 7)}****${secret.slice(-4)}`,
    'other name',
  ],
  ['too few to tell, and its name', (secret) => secret.slice(0, 4), 'ci'],
  ['nothing but stars, and its name', () => '********', 'ci'],
  ['nothing, and its name', () => null, 'ci'],
])('the service shows of it %s: found beside a stranger’s', async (_what, shown, key_name) => {
  const { secret } = await make();
  listed([STRANGER, { id: '902', key_name, api_key_prefix: shown(secret) }]);
  expect(await imported(secret)).toMatchObject({ id: '902' });
});

it('two that may be it: none is taken', async () => {
  const { secret } = await make();
  const row = { key_name: 'ci', api_key_prefix: secret.slice(0, 7) };
  listed([
    { id: '901', ...row },
    { id: '902', ...row },
  ]);
  const { id } = await imported(secret);
  expect(z.enum(['901', '902']).safeParse(id).success).toBe(false);
});
