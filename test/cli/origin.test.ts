import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { createMachine, type Machine } from './machine.ts';

let sandbox: Sandbox;
let machine: Machine;
/** Paths that were asked for at an origin that no key was made for. */
const asked: string[] = [];
const elsewhere = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end();
});

beforeAll(async () => {
  sandbox = await startSandbox({ services: ['mcp-cloud'] });
  machine = await createMachine();
  const service = sandbox.service('mcp-cloud');
  await machine.run(['profile', 'add', 'mcp-cloud', '--mcp-url', service.mcpUrl]);
  await machine.run(['import', 'ci', '--stdin'], { input: service.dashboard.create({ name: 'ci' }).secret });
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  elsewhere.close();
  await sandbox.close();
});

it.each([['verify'], ['headers'], ['proxy']])(
  '%s sends a key nowhere but to the origin that it was made for, whatever the config file says',
  async (verb) => {
    const service = sandbox.service('mcp-cloud');
    const config = join(machine.home.mcpkey, 'config/config.json');
    const { port } = elsewhere.address() as AddressInfo;
    const before = await readFile(config, 'utf8');
    await writeFile(config, before.replace(service.mcpUrl, `http://127.0.0.1:${port}/mcp`));
    const failure = await machine.fails([verb, 'mcp-cloud/ci']);
    await writeFile(config, before);
    expect(failure).toMatchObject({ exit: 1, code: 'conflict', hint: expect.stringContaining('mcpkey profile') });
    expect(asked).toEqual([]);
  },
);
