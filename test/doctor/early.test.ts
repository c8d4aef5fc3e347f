/** What ends within 14 days is named after any command, once a day. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachine, type Machine } from '../cli/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

let sandbox: Sandbox;
let machine: Machine;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('stock-data');
  const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.run(['login', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', mcpUrl, '--password'], { env });
});
afterAll(() => sandbox.close());

const stamp = () => join(machine.home.mcpkey, 'state', 'early-warning');
const said = async (...args: readonly string[]) => (await machine.run(args)).stderr;
/** As the file is on the next day. */
const tomorrow = async () => writeFile(stamp(), (await readFile(stamp(), 'utf8')).replace(/^\S+/, '2026-01-01'));

test('once a day, and only where a person reads it', { timeout: 60_000 }, async () => {
  expect(await said('create', 'lasting')).not.toMatch(/ends in/);
  expect(await said('create', 'brief', '--expires', '7d')).toMatch(/stock\/brief ends in 7 days\. Next: mcpkey rotate/);
  const { stdout, stderr } = await machine.run(['list', '--local']);
  expect([stdout, stderr]).toEqual([expect.stringMatching(/brief.*in 7 days/), expect.not.stringMatching(/ends in/)]);
  const doctor = await machine.run(['doctor', '--check', 'key.expiry', '--json']);
  expect(doctor.stdout).toMatch(/It ends in 7 days, on/);
  await tomorrow();
  for (const args of [
    ['list', '--json'],
    ['list', '--quiet'],
    ['get', 'stock/brief'],
    ['headers', 'stock/brief'],
    ['completion', 'bash'],
  ]) {
    expect(await said(...args), args.join(' ')).not.toMatch(/ends in/);
  }
  expect(await said('clients')).toMatch(/stock\/brief ends in 7 days/);
  expect(await said('clients')).not.toMatch(/ends in/);
});

test('the line that it names ends it', { timeout: 60_000 }, async () => {
  await tomorrow();
  const [, next = ''] = /Next: mcpkey (.*)/.exec(await said('clients')) ?? [];
  const [record] = sandbox.keys('stock-data').filter(({ name }) => name.startsWith('brief'));
  await machine.run(next.split(' '));
  expect(record?.revoked).toBe(true);
});

test('a broken file of ours breaks no command that does not need it', async () => {
  const path = join(machine.home.mcpkey, 'data', 'ledger', 'stock', 'lasting.json');
  const text = await readFile(path, 'utf8');
  await tomorrow();
  await writeFile(path, '{');
  expect(await said('completion', 'bash')).toBe('');
  expect(await said('store', 'use', 'age')).not.toMatch(/ends in|error/);
  await writeFile(path, text);
});
