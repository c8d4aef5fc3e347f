/** The answer to a create that never comes: what was made is found by its mark and revoked, and the key made once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FaultAction } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeEach(async () => {
  stocked = await startStocked();
});
afterEach(() => stocked.close());

const CREATE = 'POST /api/mcp-keys/create';
/** The service does the work and answers as if it had failed. */
const failsAfterwards: FaultAction = { kind: 'reshape', change: () => ({ success: true, message: '成功' }) };
const LOST: readonly (readonly [string, FaultAction])[] = [
  ['the connection is reset', { kind: 'lost' }],
  ['nothing is ever said', { kind: 'silent' }],
  ['the answer is cut', { kind: 'truncated', cut: true }],
  ['the answer has no key in it', failsAfterwards],
];
const keysNamed = (name: string) =>
  stocked.sandbox.keys('stock-data').filter((key) => key.name.startsWith(`${name}-mk`));

describe.each(LOST)('where %s', (_name, action) => {
  it('revokes what was made and makes it once more, under the same mark', async () => {
    const { machine, sandbox } = stocked;
    sandbox.fault('stock-data', { match: CREATE, action });
    const key = await machine.json(KEY, ['create', 'next', '--timeout', '1s']);
    const [lost, kept, ...more] = keysNamed('next');
    expect([lost?.revoked, kept?.revoked, more]).toEqual([true, false, []]);
    expect([key.id, key.label]).toEqual([kept?.id, lost?.name]);
    expect(await machine.run(['verify', 'stock/next'])).toMatchObject({ code: 0 });
  });
});

it('leaves no key where the second answer is lost as well', async () => {
  const { machine, sandbox, living } = stocked;
  sandbox.fault('stock-data', { match: CREATE, times: 2, action: { kind: 'lost' } });
  const failure = await failureOf(machine, ['create', 'next']);
  expect(failure).toMatchObject({
    code: 'unreachable',
    exit: 9,
    message: expect.stringContaining('No key of it is left'),
  });
  expect(keysNamed('next').map(({ revoked }) => revoked)).toEqual([true, true]);
  expect(living()).toHaveLength(1);
  expect(await machine.json(z.array(KEY), ['list', '--local'])).toHaveLength(1);
});

it('names the key to look for where the service cannot be asked again', async () => {
  const { machine, sandbox } = stocked;
  sandbox.fault('stock-data', { match: CREATE, action: { kind: 'lost' } });
  sandbox.fault('stock-data', { match: 'GET /api/mcp-keys/list', times: 9, action: { kind: 'html', status: 502 } });
  const { code, exit, message, hint } = await failureOf(machine, ['create', 'next']);
  const [left] = keysNamed('next');
  expect([code, exit, message]).toEqual(['unreachable', 9, expect.stringContaining(`"${left?.name}"`)]);
  expect(hint).toContain('mcpkey list -p stock');
  sandbox.clearFaults();
  const listed = await machine.json(z.array(KEY), ['list']);
  expect(listed.find(({ id }) => id === left?.id)).toMatchObject({ name: 'next', stored: false });
  await machine.run(['revoke', `stock/${left?.id}`, '--yes']);
  expect(left?.revoked).toBe(true);
});

it('names the key that could not be revoked again', async () => {
  const { machine, sandbox } = stocked;
  sandbox.fault('stock-data', { match: CREATE, action: { kind: 'lost' } });
  const no = { success: false, message: '撤销失败' };
  sandbox.fault('stock-data', {
    match: 'POST /api/mcp-keys/revoke',
    action: { kind: 'answer', status: 200, body: no },
  });
  const { exit, message, hint } = await failureOf(machine, ['create', 'next']);
  const [left] = keysNamed('next');
  expect([exit, message]).toEqual([9, expect.stringContaining('still active')]);
  expect([left?.revoked, hint]).toEqual([false, `mcpkey revoke stock/${left?.id}`]);
});

it('a create that the service refuses in words is not made again', async () => {
  const { machine, sandbox } = stocked;
  sandbox.service('stock-data').breakDatabase(true);
  const since = sandbox.requests.length;
  const failure = await failureOf(machine, ['create', 'next']);
  expect(failure).toMatchObject({
    code: 'refused',
    exit: 1,
    status: 200,
    message: expect.stringContaining('数据库连接异常'),
  });
  expect(sandbox.requests.slice(since).map(({ path }) => path)).toEqual(['/api/mcp-keys/create']);
});
