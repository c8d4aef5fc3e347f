/** One file of several clients, as `.mcp.json` of a project is, or of several scopes. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import type { PlaceOptions } from '../../src/placement/types.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

const BEFORE = '{\n  "mcpServers": {}\n}\n';
const PROJECT = { scope: 'project' } as const;

let machine: PlacingMachine;
let path: string;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
  path = join(machine.home.dir, '.mcp.json');
  await writeFile(path, BEFORE);
});

const place = async (client: string, options: PlaceOptions = {}) =>
  placeCredential(await machine.fresh(), await machine.credential('stock/ci'), [client], { ...PROJECT, ...options });
const unplace = async (client: string) => unplaceFrom(await machine.fresh(), 'stock/ci', [client], PROJECT);
const text = () => readFile(path, 'utf8');

it.each([
  ['claude-code', 'copilot-cli'],
  ['copilot-cli', 'claude-code'],
])('keeps an entry of %s while %s needs it, and leaves the bytes of before after the last', async (first, second) => {
  await place(first);
  const placed = await text();
  expect((await place(second)).changes).toMatchObject([{ client: second, changed: false }]);
  expect(await text()).toBe(placed);
  expect(await unplace(first)).toMatchObject({
    changes: [{ client: first, changed: false, diff: '' }],
    warnings: [expect.stringContaining('is there for another client as well')],
  });
  expect(await text()).toBe(placed);
  expect((await unplace(second)).changes).toMatchObject([{ client: second, changed: true }]);
  expect(await text()).toBe(BEFORE);
});

it('refuses another form of an entry that another client reads, and says whose it is', async () => {
  await place('claude-code');
  const placed = await text();
  await expect(place('copilot-cli', { mode: 'plain' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('is there for claude-code as well: stock/ci, in mode proxy'),
    hint: expect.stringContaining('--mode proxy'),
  });
  expect(await text()).toBe(placed);
});

it('gives Visual Studio a file of its own where it is placed together with a client of another table', async () => {
  await rm(path);
  const both = ['visual-studio', 'claude-code'];
  const placed = async () =>
    placeCredential(await machine.fresh(), await machine.credential('stock/ci'), both, PROJECT);
  const own = join(machine.home.dir, '.vs/mcp.json');
  expect((await placed()).changes).toMatchObject([
    { client: 'visual-studio', path: own, changed: true },
    { client: 'claude-code', path, changed: true },
  ]);
  expect(Object.keys(JSON.parse(await text()))).toEqual(['mcpServers']);
  expect(Object.keys(JSON.parse(await readFile(own, 'utf8')))).toEqual(['servers']);
  expect((await placed()).changes).toMatchObject([{ changed: false }, { changed: false }]);
  for (const client of both) await unplace(client);
  await expect(text()).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(readFile(own)).rejects.toMatchObject({ code: 'ENOENT' });
});

it.each([
  ['claude-code', 'visual-studio'],
  ['visual-studio', 'claude-code'],
])('takes the table of %s, then that of %s, out of a file that has both', async (first, second) => {
  await rm(path);
  await place('visual-studio');
  await place('claude-code');
  expect(Object.keys(JSON.parse(await text())).sort()).toEqual(['mcpServers', 'servers']);
  expect((await unplace(first)).changes).toMatchObject([{ client: first, changed: true }]);
  expect(Object.keys(JSON.parse(await text()))).toHaveLength(1);
  expect((await unplace(second)).changes).toMatchObject([{ client: second, changed: true }]);
  await expect(text()).rejects.toMatchObject({ code: 'ENOENT' });
});

it.each([
  ['cursor', '.cursor/mcp.json', 'proxy'],
  ['fast-agent', 'fastagent.config.yaml', 'plain'],
] as const)('takes the user’s file and the project’s of %s for one where they are', async (client, file, mode) => {
  const own = join(machine.home.dir, file);
  const at = async (scope: 'user' | 'project') => (await place(client, { scope, mode })).changes;
  expect(await at('user')).toMatchObject([{ path: own, changed: true }]);
  const asUsers = await readFile(own, 'utf8');
  expect(await at('project')).toMatchObject([{ path: own, changed: mode === 'proxy' }]);
  if (mode === 'proxy') expect(await readFile(own, 'utf8')).toContain('"@home/stock"');
  const { ledger } = await machine.fresh();
  expect((await ledger.key('stock', 'ci'))?.placements).toMatchObject([{ client, scope: 'project' }]);
  await at('user');
  expect(await readFile(own, 'utf8')).toBe(asUsers);
  await unplaceFrom(await machine.fresh(), 'stock/ci', [client]);
  await expect(readFile(own)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('through links', () => {
  const CLIENTS = ['cursor', 'kiro'];
  let file: string;
  beforeEach(async () => {
    const { dir } = machine.home;
    file = join(dir, 'dots/mcp.json');
    for (const folder of ['dots', '.cursor', '.kiro/settings']) await mkdir(join(dir, folder), { recursive: true });
    await symlink('../dots/mcp.json', join(dir, '.cursor/mcp.json'));
    await symlink('../../dots/mcp.json', join(dir, '.kiro/settings/mcp.json'));
  });

  const placeUser = async (clients: readonly string[], name?: string) =>
    placeCredential(await machine.fresh(), await machine.credential('stock/ci'), clients, { name });
  const unplaceUser = async (clients: readonly string[], name?: string) =>
    unplaceFrom(await machine.fresh(), 'stock/ci', clients, { name });

  it.each([BEFORE, undefined])('an entry stays while another client needs it, in %j', async (before) => {
    if (before !== undefined) await writeFile(file, before);
    expect((await placeUser(CLIENTS)).changes).toMatchObject([{ changed: true }, { changed: false }]);
    const placed = await readFile(file, 'utf8');
    expect(await unplaceUser(['cursor'])).toMatchObject({
      changes: [{ client: 'cursor', changed: false }],
      warnings: [expect.stringContaining('is there for another client as well')],
    });
    expect(await readFile(file, 'utf8')).toBe(placed);
    await unplaceUser(['kiro']);
    if (before === undefined) await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    else expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('an entry that goes for both at once is out for both, with nothing to warn of', async () => {
    await placeUser(CLIENTS);
    expect(await unplaceUser(CLIENTS)).toMatchObject({ changes: [{ changed: true }, { changed: true }], warnings: [] });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('two entries leave the bytes of before, whichever goes first', async () => {
    await placeUser(['cursor'], 'one');
    await placeUser(['kiro'], 'two');
    await unplaceUser(['cursor'], 'one');
    await unplaceUser(['kiro'], 'two');
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('another form of the entry is refused, as it is there for the other client', async () => {
    await placeUser(['cursor']);
    const asEnv = placeCredential(await machine.fresh(), await machine.credential('stock/ci'), ['kiro'], {
      mode: 'plain',
    });
    await expect(asEnv).rejects.toMatchObject({ message: expect.stringContaining('is there for cursor as well') });
  });
});
