/**
 * Start, login, place and proxy with one Node binary, in a few seconds: `node scripts/smoke.mjs [--node PATH] [--program PATH]`.
 * CI runs it for each Node that is supported; the services run in this process, with the Node that started it.
 */
import { deepEqual, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { readEntry, useEntry } from './stage/client.mjs';
import { createMachine } from './stage/machine.mjs';
import { loadSandbox, workshop } from './stage/sandbox.mjs';

const { values } = parseArgs({ options: { node: { type: 'string' }, program: { type: 'string' } } });
const node = values.node === undefined ? process.execPath : resolve(values.node);
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const folder = await workshop('smoke');
if (values.program === undefined) await build(folder);
const program = values.program === undefined ? join(folder, 'bin', 'mcpkey.js') : resolve(values.program);

const sandbox = await (await loadSandbox()).startSandbox({ services: ['stock-data'] });
const machine = await createMachine({ program, node });
const quiet = { quiet: true };
try {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const extra = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  match((await machine.mcpkey(['--version'], quiet)).stdout, /^\d+\.\d+\.\d+/m);
  await machine.mcpkey(['store', 'use', 'age'], quiet);
  await machine.json(['login', 'stock-data', '--password', '--url', url, '--mcp-url', mcpUrl], { extra });
  await machine.json(['create', 'smoke']);
  const [placed] = await machine.json(['place', 'stock-data/smoke', 'cursor']);
  const call = { name: 'search_stocks', arguments: { query: 'bank' } };
  const { tools } = await useEntry(await readEntry(placed.path, placed.server), { home: machine.home, call });
  deepEqual(tools.includes('get_daily_prices'), true);
  await machine.json(['revoke', 'stock-data/smoke', '--yes']);
  deepEqual(await machine.filesWith(sandbox.keys('stock-data').map((key) => key.secret)), []);
  console.log(`ok: start, login, place, proxy, revoke on Node ${version}`);
} catch (error) {
  console.error(`FAILED on Node ${version}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await sandbox.close();
  await machine.remove();
  await rm(folder, { recursive: true, force: true });
}
