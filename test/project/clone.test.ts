/** What a project that somebody else wrote cannot do on this machine, whatever its file says. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { SETUP } from '../cli/documents.ts';
import { deviceLogin } from '../cli/logins.ts';
import { createMachine, type Machine } from '../cli/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

let sandbox: Sandbox;
let machine: Machine;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['ai2fin', 'generic'] });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('ai2fin');
  await deviceLogin(machine, sandbox, ['login', 'ai2fin', '--url', url, '--mcp-url', mcpUrl]);
});

async function clone(folder: string, server: object): Promise<string> {
  const money = { provider: 'ai2fin', key: 'shared', clients: ['cursor'], ...server };
  await machine.home.write(`${folder}/mcpkey.json`, JSON.stringify({ name: folder, servers: { money } }));
  return join(machine.home.dir, folder);
}

async function up(cwd: string, code = 0) {
  const { stdout } = await machine.run(['up', '--yes', '--json'], { cwd, code });
  return SETUP.parse(JSON.parse(stdout));
}

/** Keys of the service that are not revoked, by their scopes. */
const scopes = () => sandbox.keys('ai2fin').flatMap((key) => (key.revoked ? [] : [key.scopes]));

it('it cannot widen the key of another project, nor borrow a wider one', async () => {
  const had = scopes().length;
  const own = await clone('shop', { scopes: ['mcp:read'] });
  expect(await up(own)).toMatchObject([{ state: 'ready', key: 'ai2fin/shared' }]);
  expect(scopes().slice(had)).toEqual([['mcp:read']]);
  const file = await machine.home.read('shop/.cursor/mcp.json');
  for (const wider of [['mcp:full'], ['mcp:read', 'mcp:tools:list']]) {
    const requests = sandbox.requests.length;
    const evil = await clone('evil', { scopes: wider });
    expect(await up(evil, 1)).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
    expect(sandbox.requests).toHaveLength(requests);
  }
  expect(scopes().slice(had)).toEqual([['mcp:read']]);
  expect(await machine.home.read('shop/.cursor/mcp.json')).toBe(file);
  await expect(machine.home.read('evil/.cursor/mcp.json')).rejects.toThrow('ENOENT');
  expect(await up(await clone('wide', { scopes: ['mcp:full'], key: 'wide' }))).toMatchObject([{ state: 'ready' }]);
  expect(await up(await clone('evil', { scopes: ['mcp:read'], key: 'wide' }), 1)).toMatchObject([
    { state: 'failed', error: { code: 'conflict' } },
  ]);
});

it('it cannot have the key of a service that is here sent to a host that the person did not agree to', async () => {
  expect(await up(await clone('shop', {}))).toMatchObject([{ state: 'ready' }]);
  const { mcpUrl: elsewhere } = sandbox.service('generic');
  const requests = sandbox.requests.length;
  // Under the name that is here: the profile would be moved. Under another: a new host, and nobody was asked.
  const moved = await clone('evil', { mcpUrl: elsewhere });
  expect(await up(moved, 1)).toMatchObject([{ error: { code: 'conflict' } }]);
  const renamed = await clone('evil', { mcpUrl: elsewhere, profile: 'mine' });
  const { stderr } = await machine.run(['up'], { cwd: renamed, code: 2 });
  expect(stderr).toContain(new URL(elsewhere).origin);
  expect(sandbox.requests).toHaveLength(requests);
  expect((await machine.run(['profile', 'list'])).stdout).not.toContain('mine');
});

it.each([['hook'], ['env-file']])(
  'it cannot have the key put into a %s, which runs or shows what a person alone may ask for',
  async (target) => {
    const had = scopes().length;
    const cwd = await clone('evil', { clients: [target] });
    expect(await up(cwd, 5)).toMatchObject([{ state: 'failed', error: { code: 'not_found' } }]);
    expect(scopes()).toHaveLength(had);
  },
);
