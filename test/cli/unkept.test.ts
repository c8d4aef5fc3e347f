/** A key that was made and cannot be kept: revoked again, or told in full where only a person can. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Sandbox, type ServiceId, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { webLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf, startStocked } from './stocked.ts';

let sandbox: Sandbox;
afterEach(() => sandbox.close());

/** While the service makes the key, the store's folder is replaced by a file: ready before, broken after. */
function breakStoreDuring(service: ServiceId, path: string, machine: Machine): { mend(): void } {
  const folder = join(machine.home.mcpkey, 'data/age');
  sandbox.fault(service, {
    match: (request) => request.method === 'POST' && request.path === path,
    action: {
      kind: 'reshape',
      // At once, before the answer goes out.
      change: (body) => {
        renameSync(folder, `${folder}.away`);
        writeFileSync(folder, '');
        return body;
      },
    },
  });
  return {
    mend() {
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
    },
  };
}

describe('where the store breaks after the key was made', () => {
  it('the key is revoked again, and the same command does it afterwards', async () => {
    const stocked = await startStocked();
    sandbox = stocked.sandbox;
    const { machine, living } = stocked;
    const store = breakStoreDuring('stock-data', '/api/mcp-keys/create', machine);
    const failure = await failureOf(machine, ['create', 'next']);
    store.mend();
    expect(failure.message).toContain('The new key was revoked again.');
    expect([failure.code, failure.exit]).toEqual(['store_unavailable', 7]);
    expect(failure.hint).toMatch(/\w{3}/);
    expect(living()).toHaveLength(1);
    expect((await machine.json(z.array(KEY), ['list', '--local'])).map(({ name }) => name)).toEqual(['ci']);
    await machine.run(['create', 'next']);
    await machine.run(['verify', 'stock/next']);
  });

  it('and cannot be revoked again, it is named with the command that does it', async () => {
    const stocked = await startStocked();
    sandbox = stocked.sandbox;
    const { machine } = stocked;
    const store = breakStoreDuring('stock-data', '/api/mcp-keys/create', machine);
    const action = { kind: 'html', status: 502 } as const;
    const planted = sandbox.fault('stock-data', { match: 'POST /api/mcp-keys/revoke', times: 9, action });
    const failure = await failureOf(machine, ['create', 'next']);
    store.mend();
    planted.remove();
    const left = sandbox.keys('stock-data').at(-1);
    expect([failure.exit, failure.hint]).toEqual([7, `mcpkey revoke stock/${left?.id}`]);
    expect(failure.message).toContain('still active');
    await machine.run(['revoke', `stock/${left?.id}`, '--yes']);
    expect(left?.revoked).toBe(true);
  });
});

describe('where only a person can revoke', () => {
  async function money(): Promise<Machine> {
    sandbox = await startSandbox({ services: ['ai2fin'] });
    const machine = await createMachine();
    await webLogin(machine, sandbox, ['login', 'ai2fin', '-p', 'money', '--url', sandbox.service('ai2fin').url]);
    return machine;
  }

  it.each(['lost', 'broken'] as const)('it says exactly what is to be revoked, and where: %s', async (how) => {
    const machine = await money();
    const store = how === 'broken' ? breakStoreDuring('ai2fin', '/api/api-keys', machine) : undefined;
    if (!store) sandbox.fault('ai2fin', { match: 'POST /api/api-keys', action: { kind: 'lost' } });
    const failure = await failureOf(machine, ['create', 'k']);
    await store?.mend();
    const [left, ...more] = sandbox.keys('ai2fin');
    expect(more, 'made once').toEqual([]);
    expect([failure.exit, failure.provider]).toEqual([how === 'lost' ? 9 : 7, 'ai2fin']);
    expect(failure.message).toContain(`"${left?.name}" (id ${left?.id})`);
    expect(failure.message).toContain('still active');
    expect(failure.hint).toContain('https://app.ai2fin.com/#/api');
    expect(failure.hint).toContain(`(id ${left?.id})`);
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toEqual([]);
  });
});
