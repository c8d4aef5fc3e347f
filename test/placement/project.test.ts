import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { run } from '../../src/system/run.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
let shop: string;
beforeEach(async () => {
  machine = await createPlacingMachine();
  shop = join(machine.home.dir, 'shop');
  await mkdir(shop);
});

const PROJECT = { scope: 'project' } as const;

describe('a project file', () => {
  it('says the same for everyone, and the machine keeps which key it is', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['claude-code', 'cursor'], { ...PROJECT, dir: shop });
    const entry = { command: 'mcpkey', args: ['proxy', '@shop/stock'] };
    expect(JSON.parse(await machine.home.read('shop/.mcp.json'))).toEqual({
      mcpServers: { stock: { type: 'stdio', ...entry } },
    });
    expect(JSON.parse(await machine.home.read('shop/.cursor/mcp.json'))).toEqual({ mcpServers: { stock: entry } });
    expect(await machine.context.ledger.binding('shop', 'stock')).toEqual({ ref: 'stock/ci', dir: shop });
    expect((await machine.credential('@shop/stock')).ref).toBe('stock/ci');
    await unplaceFrom(machine.context, 'stock/ci', ['cursor'], { dir: shop });
    expect(await machine.context.ledger.binding('shop', 'stock')).toBeDefined();
    await unplaceFrom(machine.context, 'stock/ci', ['claude-code']);
    expect(await machine.context.ledger.binding('shop', 'stock')).toBeUndefined();
    await undoChange(machine.context, (await findChange(machine.context, undefined)).change);
    expect(await machine.context.ledger.binding('shop', 'stock')).toEqual({ ref: 'stock/ci', dir: shop });
  });

  it('takes its name from mcpkey.json, and the modes helper, wrap and env hold nothing of the machine', async () => {
    await machine.home.write('shop/mcpkey.json', '{"name":"Big Shop","servers":{}}');
    const { credential } = await machine.key({ name: 'stock' });
    const local = await machine.key({
      name: 'acme',
      mcpUrl: undefined,
      command: ['npx', '-y', '@acme/mcp'],
      variable: 'ACME_KEY',
    });
    await placeCredential(machine.context, credential, ['claude-code'], { ...PROJECT, dir: shop, mode: 'helper' });
    await placeCredential(machine.context, local.credential, ['claude-code'], { ...PROJECT, dir: shop });
    await placeCredential(machine.context, credential, ['cursor'], {
      ...PROJECT,
      dir: shop,
      mode: 'env',
      variable: 'STOCK_KEY',
    });
    const { stock, acme } = JSON.parse(await machine.home.read('shop/.mcp.json')).mcpServers;
    expect(stock.headersHelper).toBe("mcpkey headers '@Big Shop/stock'");
    expect(acme.args).toEqual([
      'exec',
      '--no-mask',
      '--env',
      'ACME_KEY=@Big Shop/acme',
      '--',
      'npx',
      '-y',
      '@acme/mcp',
    ]);
    const cursor = JSON.parse(await machine.home.read('shop/.cursor/mcp.json')).mcpServers.stock;
    expect(cursor.headers).toEqual({ Authorization: `Bearer \${env:STOCK_KEY}` });
  });

  it('finds an entry that a colleague committed as it would write it, and binds a key of its own', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const committed = '{"mcpServers":{"stock":{"type":"stdio","args":["proxy","@shop/stock"],"command":"mcpkey"}}}';
    await machine.home.write('shop/.mcp.json', committed);
    const { changes } = await placeCredential(machine.context, credential, ['claude-code'], { ...PROJECT, dir: shop });
    expect(changes).toMatchObject([{ changed: false }]);
    expect(await machine.home.read('shop/.mcp.json')).toBe(committed);
    expect(await machine.context.ledger.binding('shop', 'stock')).toMatchObject({ ref: 'stock/ci' });
  });

  it('keeps what someone put in its stead, and takes out what someone only edited', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const place = () => placeCredential(machine.context, credential, ['claude-code'], { ...PROJECT, dir: shop });
    await place();
    const theirs = '{"mcpServers":{"stock":{"command":"npx","args":["-y","@acme/mcp"]}}}';
    await machine.home.write('shop/.mcp.json', theirs);
    const { changes, warnings } = await unplaceFrom(machine.context, 'stock/ci', ['claude-code']);
    expect(changes).toMatchObject([{ changed: false }]);
    expect(warnings.join()).toContain("no longer mcpkey's");
    expect(await machine.home.read('shop/.mcp.json')).toBe(theirs);
    await machine.home.write('shop/.mcp.json', '{}');
    await place();
    const edited = (await machine.home.read('shop/.mcp.json')).replace('"proxy"', '"proxy", "--verbose"');
    await machine.home.write('shop/.mcp.json', edited);
    await unplaceFrom(machine.context, 'stock/ci', ['claude-code']);
    expect(await machine.home.read('shop/.mcp.json')).toBe('{}');
  });

  it('cannot widen what another folder of its name uses', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const other = await machine.key({ name: 'stock' }, 'wide');
    const twin = join(machine.home.dir, 'twin/shop');
    await mkdir(twin, { recursive: true });
    await placeCredential(machine.context, credential, ['claude-code'], { ...PROJECT, dir: shop });
    const place = (key: typeof credential, dir: string) =>
      placeCredential(machine.context, key, ['claude-code'], { ...PROJECT, dir });
    await expect(place(other.credential, twin)).rejects.toMatchObject({ code: 'conflict' });
    await place(credential, twin);
    await expect(place(other.credential, shop)).rejects.toMatchObject({ code: 'conflict' });
    await expect(place(other.credential, twin)).rejects.toMatchObject({ code: 'conflict' });
    expect(await machine.context.ledger.binding('shop', 'stock')).toMatchObject({ ref: 'stock/ci' });
  });

  it('that git tracks takes a key in clear only with force', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('shop/.mcp.json', '{}');
    const git = (...args: string[]) => run('git', args, { cwd: shop, env: machine.home.env });
    await git('init', '-q');
    const options = { ...PROJECT, dir: shop, mode: 'plain' } as const;
    await git('add', '.mcp.json');
    await expect(placeCredential(machine.context, credential, ['claude-code'], options)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await machine.home.read('shop/.mcp.json')).toBe('{}');
    await placeCredential(machine.context, credential, ['claude-code'], { ...options, force: true });
    expect(await machine.home.read('shop/.mcp.json')).toContain('Bearer ');
  });
});

describe('local scope', () => {
  it('stands under the folder in the file of the user', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['claude-code'], { scope: 'local', dir: shop });
    const { projects } = JSON.parse(await machine.home.read('.claude.json'));
    expect(projects[shop].mcpServers.stock.args).toEqual(['proxy', 'stock/ci']);
    await expect(
      placeCredential(machine.context, credential, ['cursor'], { scope: 'local', dir: shop }),
    ).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('an env file', () => {
  it('gets one line, 0600, and loses it again', async () => {
    const { credential, value } = await machine.key({ name: 'stock' });
    const before = '# settings\nA="x y"\nexport B=2';
    await machine.home.write('shop/.env', before);
    const options = { dir: shop, variable: 'STOCK_KEY' };
    const { changes } = await placeCredential(machine.context, credential, ['env-file'], options);
    expect(await machine.home.read('shop/.env')).toBe(`${before}\nSTOCK_KEY=${value}`);
    expect(changes).toMatchObject([{ client: 'env-file', server: 'STOCK_KEY', mode: 'plain', changed: true }]);
    expect(changes[0]?.diff).not.toContain(value);
    await unplaceFrom(machine.context, 'stock/ci', ['env-file']);
    expect(await machine.home.read('shop/.env')).toBe(before);
  });
});

describe('modes', () => {
  it.each([
    [{ mode: 'wrap' }, 'cursor', 'has no mode wrap'],
    [{ mode: 'helper' }, 'cursor', 'has no mode helper'],
    [{ mode: 'env' }, 'claude-desktop', 'has no mode env'],
    [{ mode: 'plain' }, 'claude-desktop', 'has no mode plain'],
  ] as const)('%o is refused on %s', async (options, client, message) => {
    const { credential } = await machine.key({ name: 'stock' });
    await expect(placeCredential(machine.context, credential, [client], options)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(message),
    });
  });

  it('of a profile that signs is proxy alone', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const signing = {
      ...credential,
      provider: { ...credential.provider, settings: { ...credential.provider.settings, sign: true } },
    };
    await expect(placeCredential(machine.context, signing, ['cursor'], { mode: 'plain' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    for (const [target, options] of [
      ['env-file', { dir: shop }],
      ['hook', { hook: 'cat > got', dir: shop }],
    ] as const) {
      await expect(placeCredential(machine.context, signing, [target], options)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('signs its requests'),
      });
    }
    expect(await readdir(shop)).toEqual([]);
    await placeCredential(machine.context, signing, ['cursor']);
  });
});
