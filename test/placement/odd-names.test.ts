/** Names that every object has are names of servers like others, in every format. */
import { beforeEach, expect, it } from 'vitest';
import { readEntries } from '../../src/clients/formats/index.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
});

it.each(['cursor', 'codex', 'goose', 'zed', 'continue'])('in the file of %s', async (client) => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
    const credential = await machine.credential('stock/ci');
    const { changes } = await placeCredential(await machine.fresh(), credential, [client], { name });
    expect(changes).toMatchObject([{ server: name, changed: true }]);
    const again = await placeCredential(await machine.fresh(), credential, [client], { name });
    expect(again.changes).toMatchObject([{ changed: false }]);
  }
  expect((await unplaceFrom(await machine.fresh(), 'stock/ci', [client])).changes).toMatchObject(
    Array.from({ length: 3 }, () => ({ changed: true })),
  );
});

it('and __proto__ in an entry of ours or of others stays and changes nothing else', async () => {
  const path = '.cursor/mcp.json';
  const credential = await machine.credential('stock/ci');
  const servers = '{"mcpServers": {"__proto__": {"command": "x", "__proto__": {"polluted": 1}}}}';
  await machine.home.write(path, servers);
  await placeCredential(await machine.fresh(), credential, ['cursor']);
  const text = await machine.home.read(path);
  await machine.home.write(path, text.replace('"args"', '"__proto__": {"polluted": 1}, "args"'));
  await machine.key({ name: 'stock' }, 'other');
  await placeCredential(await machine.fresh(), await machine.credential('stock/other'), ['cursor']);
  const after = await machine.home.read(path);
  expect(after.match(/"__proto__"/g)).toHaveLength(3);
  expect(after).toContain('stock/other');
  expect({}).not.toHaveProperty('polluted');
  const entries = await readEntries(Buffer.from(after), { format: 'json', path, servers: ['mcpServers'] });
  expect(Object.keys(entries)).toEqual(['__proto__', 'stock']);
});
