/** Fields that a client or a person added to an entry of mcpkey's: theirs, whatever is done to the entry. */
import { beforeEach, expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import type { PlaceOptions } from '../../src/placement/types.ts';
import { mcpkeyJson } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
});

const place = async (client: string, options: PlaceOptions = {}, ref = 'stock/ci') =>
  placeCredential(await machine.fresh(), await machine.credential(ref), [client], options);

async function edit(path: string, fields: Record<string, unknown>, env: Record<string, unknown> = {}) {
  const config = JSON.parse(await machine.home.read(path));
  const { stock } = config.mcpServers;
  Object.assign(stock, fields);
  if (Object.keys(env).length > 0) stock.env = { ...stock.env, ...env };
  await machine.home.write(path, JSON.stringify(config));
}

const entry = async (path: string) => JSON.parse(await machine.home.read(path)).mcpServers.stock;

async function findings(): Promise<readonly unknown[]> {
  const args = ['doctor', '--check', 'placement.entry'];
  const rows = await mcpkeyJson<{ state: string }[]>(args, { home: machine.home });
  return rows.map(({ state }) => state);
}

const KIRO = '.kiro/settings/mcp.json';

it('are nothing to doctor, and stay when the key is placed again', async () => {
  await place('kiro');
  const theirs = { disabled: true, autoApprove: ['a'], type: 'stdio' };
  await edit(KIRO, theirs, { LOG_LEVEL: 'debug' });
  const before = await machine.home.read(KIRO);
  expect(await findings()).toEqual(['ok']);
  expect((await place('kiro', { mode: 'proxy' })).changes).toMatchObject([{ changed: false }]);
  expect(await machine.home.read(KIRO)).toBe(before);
  await machine.key({ name: 'stock' }, 'other');
  await place('kiro', {}, 'stock/other');
  expect(await entry(KIRO)).toMatchObject({ ...theirs, args: ['proxy', 'stock/other'], env: { LOG_LEVEL: 'debug' } });
  expect(await findings()).toEqual(['ok']);
});

it('stay where something that mcpkey wrote was changed, which is told and put back', async () => {
  await place('kiro');
  await edit(KIRO, { disabled: true, args: ['proxy', 'stock/ci', '--quiet'] });
  expect(await findings()).toEqual(['warning']);
  await place('kiro', { mode: 'proxy' });
  expect(await entry(KIRO)).toMatchObject({ disabled: true, args: ['proxy', 'stock/ci'] });
  expect(await findings()).toEqual(['ok']);
});

it('are told and go where they lead the client elsewhere', async () => {
  await place('kiro');
  await edit(KIRO, { disabled: true, url: 'https://elsewhere.example' });
  expect(await findings()).toEqual(['warning']);
  await place('kiro');
  expect(await entry(KIRO)).toMatchObject({ disabled: true });
  expect(await entry(KIRO)).not.toHaveProperty('url');
  expect(await findings()).toEqual(['ok']);
});

it('keep a server switched off where mcpkey had written that it is on', async () => {
  await place('cline-cli');
  const path = '.cline/data/settings/cline_mcp_settings.json';
  expect(await entry(path)).toMatchObject({ disabled: false });
  await edit(path, { disabled: true });
  await place('cline-cli');
  expect(await entry(path)).toMatchObject({ disabled: true });
  expect(await findings()).toEqual(['ok']);
});

it('outlive a change of the mode as far as they do not concern how the server is reached', async () => {
  await place('kiro');
  await edit(KIRO, { disabled: true }, { LOG_LEVEL: 'debug' });
  await place('kiro', { mode: 'plain' });
  expect(Object.keys(await entry(KIRO)).sort()).toEqual(['disabled', 'headers', 'url']);
  await place('kiro', { mode: 'proxy' });
  expect(Object.keys(await entry(KIRO)).sort()).toEqual(['args', 'command', 'disabled', 'env']);
  expect(await findings()).toEqual(['ok']);
});
