/** A key is revoked only when its endpoint refuses it. */
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SandboxOptions } from '../sandbox/index.ts';
import { KEY, REVOKED } from './documents.ts';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
afterEach(() => stocked.close());
const start = async (options: SandboxOptions = {}) => {
  stocked = await startStocked(options);
  return stocked;
};

const REVOKE = ['revoke', 'ci', '--yes'];
const kept = async () => (await stocked.machine.json(z.array(KEY), ['list', '--local']))[0]?.status;

describe('where the service says yes', () => {
  it('and its endpoint answers anyone, nothing is waited for and nothing forgotten', async () => {
    const { machine, sandbox, key } = await start({ stockData: { openToolsList: true } });
    const since = sandbox.requests.length;
    const failure = await failureOf(machine, REVOKE);
    expect(failure).toMatchObject({ code: 'partial', exit: 8, provider: 'stock-data' });
    expect(failure.message).toContain('without any key');
    expect(failure.hint).toContain('mcpkey revoke stock/ci --forget');
    expect([key.revoked, await kept()]).toEqual([true, 'active']);
    const asked = sandbox.requests.slice(since).filter(({ rpc }) => rpc.includes('tools/list'));
    expect(asked.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, false, false]);
  });

  it('and its endpoint goes on accepting the key, it is asked again for as long as --max-wait says', async () => {
    const { machine, sandbox, key } = await start();
    sandbox.fault('stock-data', {
      match: ({ rpc, headers }) => rpc.includes('tools/list') && headers.authorization === `Bearer ${key.secret}`,
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'answer', status: 200, body: { jsonrpc: '2.0', id: 2, result: { tools: [] } } },
    });
    const since = sandbox.requests.length;
    const failure = await failureOf(machine, [...REVOKE, '--max-wait', '2s']);
    expect(failure).toMatchObject({ code: 'partial', exit: 8, message: expect.stringContaining('still accepts it') });
    const asked = sandbox.requests.slice(since).filter(({ rpc }) => rpc.includes('tools/list'));
    expect(asked.length).toBeGreaterThan(2);
    sandbox.clearFaults();
    expect(await machine.json(REVOKED, REVOKE)).toMatchObject([{ state: 'revoked', error: null }]);
  });

  it('and the key is refused a moment later, that is seen', async () => {
    const { machine, sandbox, key } = await start();
    sandbox.fault('stock-data', {
      match: ({ rpc, headers }) => rpc.includes('tools/list') && headers.authorization === `Bearer ${key.secret}`,
      action: { kind: 'answer', status: 200, body: { jsonrpc: '2.0', id: 2, result: { tools: [] } } },
    });
    expect(await machine.json(REVOKED, REVOKE)).toMatchObject([{ state: 'revoked', error: null }]);
    expect(await failureOf(machine, ['get', 'ci'])).toMatchObject({ code: 'not_found', exit: 5 });
  });

  it('and its endpoint cannot be asked, the key is kept until that was seen', async () => {
    const { machine, sandbox, key } = await start();
    sandbox.fault('stock-data', { match: '/messages', times: 9, action: { kind: 'reset' } });
    const failure = await failureOf(machine, REVOKE);
    expect(failure).toMatchObject({ code: 'partial', exit: 8, message: expect.stringContaining('could not be seen') });
    expect(failure.hint).toContain('mcpkey verify stock/ci');
    expect([key.revoked, await kept()]).toEqual([true, 'active']);
    sandbox.clearFaults();
    expect(await machine.json(REVOKED, REVOKE)).toMatchObject([{ state: 'revoked', error: null }]);
  });
});

it('a key that someone else revoked is no error, and forgotten', async () => {
  const { machine, sandbox, key } = await start();
  key.revoked = true;
  expect(await machine.json(REVOKED, REVOKE)).toMatchObject([{ state: 'revoked', error: null }]);
  expect(await machine.json(REVOKED, REVOKE)).toMatchObject([{ state: 'revoked', error: null }]);
  expect(sandbox.requests.filter(({ path }) => path === '/api/mcp-keys/revoke')).toHaveLength(1);
});

it('a service that says no for another reason keeps the key, with its words', async () => {
  const { machine, sandbox, key } = await start();
  sandbox.service('stock-data').breakDatabase(true);
  const failure = await failureOf(machine, REVOKE);
  expect(failure).toMatchObject({
    code: 'refused',
    exit: 1,
    status: 200,
    message: expect.stringContaining('撤销失败'),
  });
  expect([key.revoked, await kept()]).toEqual([false, 'active']);
});

it('an empty list is no proof that keys are gone', async () => {
  const { machine, sandbox } = await start();
  sandbox.service('stock-data').breakDatabase(true);
  expect(await machine.json(z.array(KEY), ['list'])).toMatchObject([{ name: 'ci', status: 'unknown', stored: true }]);
});

it('an id that nobody knows is not found', async () => {
  const { machine } = await start();
  expect(await failureOf(machine, ['revoke', 'stock/999', '--yes'])).toMatchObject({ code: 'not_found', exit: 5 });
});

it('of several, what can be revoked is', async () => {
  const { machine, sandbox, key } = await start();
  await machine.run(['create', 'other']);
  const no = { success: false, message: '不行' };
  sandbox.fault('stock-data', {
    match: ({ path, text }) => path === '/api/mcp-keys/revoke' && text.includes(`"${key.id}"`),
    action: { kind: 'answer', status: 200, body: no },
  });
  const rows = await machine.json(REVOKED, ['revoke', 'ci', 'other', '--yes'], { code: 8 });
  expect(rows).toMatchObject([
    { ref: 'stock/ci', state: 'failed', error: { code: 'refused' } },
    { ref: 'stock/other', state: 'revoked', error: null },
  ]);
  expect(key.revoked).toBe(false);
});
