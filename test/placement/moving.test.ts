import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Credential } from '../../src/keys/credential.ts';
import { allPlacements } from '../../src/placement/book.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { previewEntries } from '../../src/placement/preview.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceFrom, unplaceKey } from '../../src/placement/unplace.ts';
import { mcpkey, mcpkeyJson } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
let shop: string;
let old: Credential;
let fresh: Credential;
beforeEach(async () => {
  machine = await createPlacingMachine();
  shop = join(machine.home.dir, 'shop');
  await mkdir(shop);
  old = (await machine.key({ name: 'stock' }, 'old')).credential;
  fresh = (await machine.key({ name: 'stock' }, 'fresh')).credential;
});

const place = (credential: Credential, ...clients: string[]) =>
  placeCredential(machine.context, credential, clients, { scope: 'project', dir: shop });
const undo = async (id?: string) => undoChange(machine.context, (await findChange(machine.context, id)).change);
const remove = (ref: string, ...clients: string[]) => unplaceFrom(machine.context, ref, clients);
const bound = async () => (await machine.context.ledger.binding('shop', 'stock'))?.ref;
/** Every entry in the ledger, and the binding; each entry of the ledger is in its file. */
const state = async () => {
  const owned = await allPlacements(machine.context);
  const files: Record<string, string> = { cursor: 'shop/.cursor/mcp.json', 'claude-code': 'shop/.mcp.json' };
  for (const [client, path] of Object.entries(files)) {
    const text = await machine.home.read(path).catch(() => '');
    expect(text.includes('@shop/stock'), path).toBe(owned.some((each) => each.placement.client === client));
  }
  return [...owned.map(({ ref, placement }) => `${placement.client}: ${ref}`).sort(), `binding: ${await bound()}`];
};

const OLD = ['claude-code: stock/old', 'cursor: stock/old', 'binding: stock/old'];
const FRESH = ['claude-code: stock/fresh', 'cursor: stock/fresh', 'binding: stock/fresh'];
const NONE = ['binding: undefined'];

describe('another key for the server of a project', () => {
  beforeEach(async () => {
    await place(old, 'cursor', 'claude-code');
  });

  it('moves every entry that stands for it, and says so', async () => {
    const { changes, warnings } = await place(fresh, 'cursor');
    expect(changes).toMatchObject([
      { client: 'cursor', changed: true, diff: '' },
      { client: 'claude-code', changed: true, path: join(shop, '.mcp.json') },
    ]);
    expect(warnings.filter((line) => line.includes('stock/old is no longer used there'))).toHaveLength(2);
    expect(await state()).toEqual(FRESH);
    expect((await place(fresh, 'cursor')).changes).toMatchObject([{ client: 'cursor', changed: false }]);
  });

  it('is undone and done again, and the change before only after it', async () => {
    const before = (await findChange(machine.context, undefined)).entry.id;
    const moved = await place(fresh, 'cursor');
    await expect(undo(before)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('stock/fresh'),
    });
    expect(await state()).toEqual(FRESH);
    await undo();
    expect(await state()).toEqual(OLD);
    await expect(undo(moved.id)).rejects.toMatchObject({ code: 'conflict' });
    await undo();
    expect(await state()).toEqual(FRESH);
    await undo();
    await undo(before);
    expect(await state()).toEqual(NONE);
  });

  it('is all there is to take out, and the old key takes nothing with it', async () => {
    await place(fresh, 'cursor');
    const record = await machine.context.ledger.key('stock', 'old');
    if (record) await unplaceKey(machine.context, record, 'revoke');
    await expect(remove('stock/old', 'claude-code')).rejects.toMatchObject({ code: 'not_found' });
    expect(await state()).toEqual(FRESH);
    await remove('stock/fresh', 'cursor');
    expect(await state()).toEqual(['claude-code: stock/fresh', 'binding: stock/fresh']);
    await undo();
    expect(await state()).toEqual(FRESH);
    await remove('stock/fresh', 'cursor', 'claude-code');
    expect(await state()).toEqual(NONE);
  });

  it('writes an entry that says more than the binding anew', async () => {
    await remove('stock/old', 'claude-code');
    const helper = { scope: 'project', dir: shop, mode: 'helper' } as const;
    await placeCredential(machine.context, old, ['claude-code'], helper);
    const other = await machine.key({ name: 'elsewhere', mcpUrl: 'https://elsewhere.example/mcp' });
    const options = { scope: 'project', dir: shop, name: 'stock' } as const;
    const { changes } = await placeCredential(machine.context, other.credential, ['cursor'], options);
    expect(changes[1]).toMatchObject({ client: 'claude-code', mode: 'helper', changed: true });
    const { stock } = JSON.parse(await machine.home.read('shop/.mcp.json')).mcpServers;
    expect(stock).toMatchObject({ url: 'https://elsewhere.example/mcp' });
    await undo();
    expect(await state()).toEqual(OLD);
    expect(await machine.home.read('shop/.mcp.json')).toContain('https://stock.example/messages');
  });

  it('leaves an entry that someone put in the place of ours', async () => {
    const theirs = '{"mcpServers":{"stock":{"command":"npx","args":["-y","@acme/mcp"]}}}';
    await machine.home.write('shop/.mcp.json', theirs);
    const { changes } = await place(fresh, 'cursor');
    expect(changes).toHaveLength(1);
    expect(await machine.home.read('shop/.mcp.json')).toBe(theirs);
    expect(await bound()).toBe('stock/fresh');
  });

  it('moves as well where the entry is only printed', async () => {
    await previewEntries(machine.context, fresh, ['claude-code'], { scope: 'project', dir: shop });
    expect(await state()).toEqual(FRESH);
    await undo();
    expect(await state()).toEqual(OLD);
  });

  it('is told by the program', async () => {
    const on = { home: machine.home, cwd: shop };
    const rows = await mcpkeyJson<object[]>(['place', 'stock/fresh', 'cursor', '--scope', 'project'], on);
    expect(rows).toMatchObject([
      { client: 'cursor', changed: true },
      { client: 'claude-code', changed: true },
    ]);
    const shown = await mcpkeyJson<{ placements: object[] }>(['show', 'stock/old'], on);
    expect(shown.placements).toEqual([]);
    const undone = await mcpkey(['undo', '--yes'], on);
    expect(undone.stdout, undone.stderr).toContain(join(shop, '.mcp.json'));
    expect(await state()).toEqual(OLD);
  });
});

it('keeps the binding while an entry stands for it, whichever change is undone first', async () => {
  await place(old, 'cursor');
  const first = (await findChange(machine.context, undefined)).entry.id;
  const second = (await place(old, 'claude-code')).id;
  await undo(first);
  expect(await state()).toEqual(['claude-code: stock/old', 'binding: stock/old']);
  await undo(second);
  expect(await state()).toEqual(NONE);
});

it('goes on with the folder that is left, where two of one name use the same key', async () => {
  const twin = join(machine.home.dir, 'twin/shop');
  await mkdir(twin, { recursive: true });
  await place(old, 'cursor');
  await placeCredential(machine.context, old, ['cursor'], { scope: 'project', dir: twin });
  await unplaceFrom(machine.context, 'stock/old', ['cursor'], { dir: shop });
  expect(await machine.context.ledger.binding('shop', 'stock')).toEqual({ ref: 'stock/old', dir: twin });
  await placeCredential(machine.context, fresh, ['cursor'], { scope: 'project', dir: twin });
  expect(await bound()).toBe('stock/fresh');
});

it('names the key that an entry of ours is taken from', async () => {
  await placeCredential(machine.context, old, ['cursor']);
  const { warnings } = await placeCredential(machine.context, fresh, ['cursor']);
  expect(warnings.join('\n')).toContain('stock/old is no longer used there');
});
