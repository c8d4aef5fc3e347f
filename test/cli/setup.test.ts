import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { SETUP } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  machine = await createMachine();
});
afterEach(() => sandbox.close());

const words = () => {
  const { url, mcpUrl } = sandbox.service('stock-data');
  return ['setup', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password', '--place', 'cursor', '--no-input'];
};
const credentials = () => ({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });

describe('setup', () => {
  it('goes from nothing to a client that connects, and does nothing twice', async () => {
    const env = credentials();
    const [done] = await machine.json(SETUP, words(), { env });
    expect(done).toMatchObject({ server: 'stock-data', profile: 'stock-data', state: 'ready', error: null });
    const [placement] = done?.placements ?? [];
    const call = { name: 'search_stocks', arguments: { query: 'bank' } };
    await useEntry(await readEntry(placement?.path ?? '', 'stock-data'), { home: machine.home.dir, call });
    const file = await machine.home.read('.cursor/mcp.json');
    expect(await machine.json(SETUP, words(), { env })).toMatchObject([{ state: 'ready', key: done?.key }]);
    expect(sandbox.keys('stock-data')).toHaveLength(1);
    expect(sandbox.requests.filter((request) => request.path === '/api/auth/login')).toHaveLength(1);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(file);
  });

  it('says how to go on after a failure, and goes on from there', async () => {
    const env = credentials();
    sandbox.fault('stock-data', {
      match: 'POST /api/mcp-keys/create',
      action: { kind: 'answer', status: 403, body: { detail: 'no' } },
    });
    const failed = await machine.run([...words(), '--json'], { env, code: 4 });
    expect(SETUP.parse(JSON.parse(failed.stdout))).toMatchObject([
      { state: 'failed', error: { code: 'insufficient_scope' } },
    ]);
    expect(sandbox.keys('stock-data')).toEqual([]);
    expect(await machine.json(SETUP, words(), { env })).toMatchObject([{ state: 'ready' }]);
    expect(sandbox.keys('stock-data')).toHaveLength(1);
  });
});
