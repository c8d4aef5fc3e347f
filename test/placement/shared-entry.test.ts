/** Claude Code and Copilot CLI read the same `.mcp.json` of a project. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
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

it.each([
  ['claude-code', 'visual-studio'],
  ['visual-studio', 'claude-code'],
])('takes the table of %s, then that of %s, out of a file that they made together', async (first, second) => {
  await rm(path);
  const both = ['claude-code', 'visual-studio'];
  await placeCredential(await machine.fresh(), await machine.credential('stock/ci'), both, PROJECT);
  expect(Object.keys(JSON.parse(await text())).sort()).toEqual(['mcpServers', 'servers']);
  expect((await unplace(first)).changes).toMatchObject([{ client: first, changed: true }]);
  expect(Object.keys(JSON.parse(await text()))).toHaveLength(1);
  expect((await unplace(second)).changes).toMatchObject([{ client: second, changed: true }]);
  await expect(text()).rejects.toMatchObject({ code: 'ENOENT' });
});
