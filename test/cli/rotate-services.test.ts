/** Rotations on the documented services, as each of them has it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { deviceLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';
import { ROTATED } from './rotation.ts';

const read = (stdout: string) => ROTATED.parse(JSON.parse(stdout));
const KEPT = KEY.extend({ previous: z.looseObject({ id: z.string() }).nullable() });

describe('stock-data', () => {
  let sandbox: Sandbox;
  let machine: Machine;
  beforeAll(async () => {
    sandbox = await startSandbox({ services: ['stock-data'] });
    machine = await createMachine({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await machine.run(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password']);
    await machine.run(['create', 'ci', '--expires', '30d']);
  });
  afterAll(() => sandbox.close());

  it('repeats the term, under the same name and another mark', async () => {
    const before = await machine.json(KEPT, ['show', 'ci']);
    expect(await machine.json(ROTATED, ['rotate', 'ci'])).toMatchObject([{ state: 'done', oldId: before.id }]);
    const after = await machine.json(KEPT, ['show', 'ci']);
    expect(after.label).toMatch(/^ci-mk[0-9a-f]{8}$/);
    expect(after.label).not.toBe(before.label);
    const days = (Date.parse(after.expiresAt ?? '') - Date.parse(after.createdAt ?? '')) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    expect(sandbox.keys('stock-data').map((key) => key.revoked)).toEqual([true, false]);
  });

  it('takes a failure with HTTP 200 for what it is', async () => {
    sandbox.service('stock-data').breakDatabase(true);
    const [row] = read((await machine.run(['rotate', 'ci', '--json'], { code: 1 })).stdout);
    sandbox.service('stock-data').breakDatabase(false);
    expect(row).toMatchObject({ state: 'failed', error: { code: 'refused' } });
    expect(sandbox.keys('stock-data').filter((key) => !key.revoked)).toHaveLength(1);
  });

  it('a list that became unreadable proves nothing about an answer that was lost', async () => {
    const create = { match: 'POST /api/mcp-keys/create', action: { kind: 'lost' } } as const;
    sandbox.fault('stock-data', create);
    const list = sandbox.fault('stock-data', {
      match: 'GET /api/mcp-keys/list',
      times: 99,
      action: { kind: 'answer', status: 200, body: { keys: [], total: 0 } },
    });
    expect(read((await machine.run(['rotate', 'ci', '--json'], { code: 8 })).stdout)).toMatchObject([
      { state: 'resumable' },
    ]);
    list.remove();
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(sandbox.keys('stock-data').filter((key) => !key.revoked)).toHaveLength(1);
    await machine.run(['verify', 'ci']);
  });

  it('finds out which key one is that was taken in before the login', async () => {
    await machine.run(['create', 'shared']);
    const { id } = await machine.json(KEPT, ['show', 'shared']);
    const input = (await machine.run(['get', 'shared'])).stdout;
    const other = await createMachine();
    const { url, mcpUrl } = sandbox.service('stock-data');
    await other.run(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl]);
    await other.run(['import', 'mine', '--stdin'], { input });
    expect((await other.json(KEPT, ['show', 'mine'])).id).toMatch(/^m_/);
    const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
    await other.run(['login', 'stock-data', '--password'], { env });
    expect(await other.json(ROTATED, ['rotate', 'mine'])).toMatchObject([{ state: 'done', oldId: id }]);
    await machine.run(['verify', 'shared'], { code: 3 });
  });
});

it('stock-data that answers tools/list without a key: done, and said that the end cannot be seen', async () => {
  const sandbox = await startSandbox({ services: ['stock-data'], stockData: { openToolsList: true } });
  const machine = await createMachine({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
  const { url, mcpUrl } = sandbox.service('stock-data');
  await machine.run(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password']);
  await machine.run(['create', 'ci']);
  const { stdout } = await machine.run(['rotate', 'ci', '--json'], { code: 8 });
  expect(read(stdout)).toMatchObject([{ state: 'done', oldRefusedAt: null, error: { code: 'partial' } }]);
  expect(sandbox.keys('stock-data').map((key) => key.revoked)).toEqual([true, false]);
  expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  await sandbox.close();
});

describe('ai2fin, where only a person can revoke', () => {
  let sandbox: Sandbox;
  let machine: Machine;
  beforeAll(async () => {
    sandbox = await startSandbox({ services: ['ai2fin'] });
    machine = await createMachine();
    const { url, mcpUrl } = sandbox.service('ai2fin');
    await deviceLogin(machine, sandbox, ['login', 'ai2fin', '--url', url, '--mcp-url', mcpUrl]);
    await machine.run(['create', 'reader', '--scope', 'mcp:read', '--scope', 'mcp:tools:list']);
  });
  afterAll(() => sandbox.close());

  it('makes the new key with the old scopes, and waits for the person', async () => {
    const { stdout, stderr } = await machine.run(['rotate', 'reader', '--json']);
    const [row] = read(stdout);
    expect(row).toMatchObject({ state: 'awaiting-revoke', error: null });
    expect(stderr).toContain('https://app.ai2fin.com/#/api');
    expect((await machine.json(KEPT, ['show', 'reader'])).scopes).toEqual(['mcp:read', 'mcp:tools:list']);
    expect((await machine.json(KEPT, ['show', 'reader'])).previous).toEqual({ id: row?.oldId, revokeAt: null });
  });

  it('rotates no third time meanwhile, and says why', async () => {
    const { stdout } = await machine.run(['rotate', 'reader', '--json'], { code: 1 });
    expect(read(stdout)).toMatchObject([
      { state: 'failed', newId: null, error: { code: 'conflict', hint: expect.stringContaining('--finish') } },
    ]);
    expect(sandbox.keys('ai2fin')).toHaveLength(2);
  });

  it('is finished when the person has revoked the old key', async () => {
    sandbox.service('ai2fin').dashboard.revoke(sandbox.keys('ai2fin')[0]?.id ?? '');
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toMatchObject([{ state: 'done' }]);
    expect((await machine.json(KEPT, ['show', 'reader'])).previous).toBeNull();
  });

  it('writes down a key whose answer was lost, since it cannot revoke it: no key of ours is unknown', async () => {
    sandbox.fault('ai2fin', { match: 'POST /api/api-keys', action: { kind: 'lost' } });
    const { stdout, stderr } = await machine.run(['rotate', 'reader', '--json']);
    expect(read(stdout)).toMatchObject([{ state: 'awaiting-revoke' }]);
    const living = sandbox.keys('ai2fin').filter((key) => !key.revoked);
    expect(living).toHaveLength(3);
    const listed = await machine.json(z.array(KEPT), ['list', '--local']);
    const known = new Set(listed.flatMap((key) => [key.id, ...(key.previous ? [key.previous.id] : [])]));
    expect(living.filter((key) => !known.has(key.id))).toEqual([]);
    const orphan = listed.find((key) => !key.stored);
    expect(stderr).toContain(orphan?.id);
  });
});

describe('investra, with one active key and a dashboard alone', () => {
  let sandbox: Sandbox;
  let machine: Machine;
  beforeAll(async () => {
    sandbox = await startSandbox({ services: ['investra'], investra: { secondKey: 'refused' } });
    machine = await createMachine();
    const { mcpUrl, dashboard } = sandbox.service('investra');
    await machine.run(['profile', 'add', 'investra', '--mcp-url', mcpUrl]);
    await machine.run(['import', 'me', '--stdin'], { input: dashboard.create({ name: 'me' }).secret });
  });
  afterAll(() => sandbox.close());

  it('revoke-first needs the old key gone: told what to do, and nothing changed', async () => {
    const words = ['rotate', 'me', '--order', 'revoke-first', '--yes', '--json'];
    const { stdout, stderr } = await machine.run(words, { code: 1 });
    expect(read(stdout)).toMatchObject([{ state: 'failed', error: { code: 'unsupported' } }]);
    expect(stderr).toContain('Revoke');
    expect((await machine.run(['verify', 'me'])).code).toBe(0);
  });

  it('then takes the new one', async () => {
    const { dashboard } = sandbox.service('investra');
    dashboard.revoke(sandbox.keys('investra')[0]?.id ?? '');
    const input = dashboard.create({ name: 'me' }).secret;
    const words = ['rotate', 'me', '--order', 'revoke-first', '--yes', '--stdin'];
    const { stdout } = await machine.run([...words, '--json'], { input });
    expect(read(stdout)).toMatchObject([{ state: 'done', oldRefusedAt: expect.any(String) }]);
    expect((await machine.run(['verify', 'me'])).code).toBe(0);
  });
});
