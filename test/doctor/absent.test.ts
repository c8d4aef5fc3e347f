/** Clients that are not on this machine: no finding of theirs, for a file that another one reads. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from '../sandbox/index.ts';
import { type Clinic, openEmpty, wrong } from './clinic.ts';

let clinic: Clinic;
beforeAll(async () => {
  const sandbox = await startSandbox({ services: ['stock-data'] });
  clinic = await openEmpty(sandbox, { PATH: '/usr/bin:/bin' });
});
afterAll(async () => {
  await clinic.close();
});

const servers = (table: string, entry: object) => JSON.stringify({ [table]: { docs: entry } });
const found = async () => wrong(await clinic.doctor()).map(({ id, subject }) => [id, subject]);

test('the user’s .mcp.json is no file of Visual Studio where that is not', async () => {
  const path = await clinic.machine.home.write(
    '.mcp.json',
    servers('mcpServers', { type: 'http', url: 'https://a.test/mcp' }),
  );
  expect(await found()).toEqual([]);
  await rm(path);
});

test('what is wrong in a project’s file is told of the clients that are here alone', async () => {
  await clinic.machine.home.write(join(clinic.dir, '.mcp.json'), servers('mcpServers', { url: 'http://a.test/mcp' }));
  expect(await found()).toEqual([]);
  await mkdir(join(clinic.machine.home.dir, '.copilot'));
  expect(await found()).toEqual([['client.http', 'copilot-cli']]);
});

test('a key in clear is told wherever it stands', async () => {
  const headers = { Authorization: `Bearer mcp_sk_${'aB3dE6gH9jK2mN5p'.repeat(2)}` };
  await clinic.machine.home.write(
    join(clinic.dir, '.mcp.json'),
    servers('mcpServers', { type: 'http', url: 'https://a.test/mcp', headers }),
  );
  const rows = await found();
  expect(rows).toContainEqual(['client.plaintext', 'claude-code']);
});

test('--fix says that there is nothing to mend where nothing is wrong', async () => {
  await rm(join(clinic.dir, '.mcp.json'));
  const { stderr } = await clinic.shell('mcpkey doctor --fix');
  expect(stderr).toMatch(/^Nothing to mend\.$/m);
  expect(stderr).not.toMatch(/without harm/);
});
