import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

let sandbox: Sandbox;
let machine: Machine;

beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'investra'] });
  const { url, mcpUrl } = sandbox.service('stock-data');
  machine = await createMachine({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
  await machine.run(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl]);
  await machine.run(['profile', 'add', 'investra', '--mcp-url', sandbox.service('investra').mcpUrl]);
});
afterAll(() => sandbox.close());

it('gives each of eight creates at once a name of its own, and makes no key in vain', async () => {
  const before = sandbox.keys('stock-data').length;
  const made = await Promise.all(
    Array.from({ length: 8 }, () => machine.json(KEY, ['create', '-p', 'stock-data'], { timeout: 60_000 })),
  );
  const names = made.map((key) => key.name).sort();
  expect(names).toEqual(['ann-laptop', ...[2, 3, 4, 5, 6, 7, 8].map((number) => `ann-laptop-${number}`)]);
  expect(sandbox.keys('stock-data').length - before).toBe(8);
  const listed = await machine.json(z.array(KEY), ['list', '-p', 'stock-data']);
  expect(new Set(listed.map((key) => key.ref)).size).toBe(listed.length);
});

it('makes one key where two processes want the same name', async () => {
  const before = sandbox.keys('stock-data').length;
  const runs = await Promise.all([
    machine.run(['create', 'twin', '-p', 'stock-data'], { code: 0 }).then(
      () => 'made',
      () => 'refused',
    ),
    machine.fails(['create', 'twin', '-p', 'stock-data'], { code: 1 }).then(
      ({ code }) => code,
      () => 'made too',
    ),
  ]);
  expect(sandbox.keys('stock-data').length - before).toBe(1);
  expect([
    ['made', 'conflict'],
    ['refused', 'made too'],
  ]).toContainEqual(runs);
});

it('keeps a key that a person made once, under one name', async () => {
  const { secret } = sandbox.service('investra').dashboard.create({ name: 'first' });
  await machine.run(['import', 'first', '-p', 'investra', '--stdin'], { input: secret });
  const failure = await machine.fails(['create', 'second', '-p', 'investra', '--stdin'], { input: secret, code: 1 });
  expect(failure).toMatchObject({ code: 'conflict', message: expect.stringContaining('investra/first') });
});

it.each([['get'], ['verify'], ['headers']])('%s of a key that only the service has is unsupported', async (verb) => {
  const other = await createMachine({
    MCPKEY_EMAIL: sandbox.person.email,
    MCPKEY_PASSWORD: sandbox.person.password,
  });
  const { url, mcpUrl } = sandbox.service('stock-data');
  await other.run(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl]);
  const { id } = await machine.json(KEY, ['create', `for-${verb}`, '-p', 'stock-data']);
  const failure = await other.fails([verb, `stock-data/${id}`], { code: 1 });
  expect(failure).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('mcpkey import') });
  expect((await other.fails([verb, 'stock-data/none-such'], { code: 5 })).code).toBe('not_found');
});
