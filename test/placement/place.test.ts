import { chmod, mkdir, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { forgetChange } from '../../src/placement/kept.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceFrom, unplaceKey } from '../../src/placement/unplace.ts';
import type { HeldLock, Locks } from '../../src/system/types.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

const OTHERS =
  '\uFEFF{\r\n    "mcpServers" : {\r\n        "other": {"command": "x", "args":[ ]}\r\n    },\r\n    "theme": "dark"\r\n}';

describe('place', () => {
  it('adds one entry, and again changes nothing', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', OTHERS);
    const { changes } = await placeCredential(machine.context, credential, ['cursor']);
    const text = await machine.home.read('.cursor/mcp.json');
    expect(changes).toMatchObject([
      {
        client: 'cursor',
        path: join(machine.home.dir, '.cursor/mcp.json'),
        server: 'stock',
        mode: 'proxy',
        changed: true,
      },
    ]);
    const { env, ...entry } = JSON.parse(text.slice(1)).mcpServers.stock;
    expect(entry).toEqual({ command: join(machine.home.mcpkey, 'data/app/mcpkey'), args: ['proxy', 'stock/ci'] });
    expect(Object.keys(env).sort()).toEqual(['MCPKEY_AGE_IDENTITY', 'MCPKEY_HOME', 'MCPKEY_MACHINE', 'MCPKEY_STORE']);
    expect(text.match(/(?<!\r)\n/g)).toBeNull();
    const again = await placeCredential(await machine.fresh(), await machine.credential('stock/ci'), ['cursor']);
    expect(again.changes).toMatchObject([{ changed: false, diff: '' }]);
    expect(again.id).toBeUndefined();
    expect(await machine.home.read('.cursor/mcp.json')).toBe(text);
  });

  it('unplaces to the very bytes, the file and its folder included where it made them', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', OTHERS);
    await placeCredential(machine.context, credential, ['cursor', 'claude-code', 'claude-desktop']);
    await unplaceFrom(machine.context, 'stock/ci', ['cursor', 'claude-code', 'claude-desktop']);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(OTHERS);
    expect((await readdir(machine.home.dir)).sort()).toEqual(['.cursor']);
    expect((await machine.context.ledger.key('stock', 'ci'))?.placements).toEqual([]);
  });

  it('keeps what someone wrote around it since', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['cursor']);
    const text = await machine.home.read('.cursor/mcp.json');
    await machine.home.write(
      '.cursor/mcp.json',
      text.replace('"mcpServers": {', '"mcpServers": {\n    "mine": {"command": "y"},'),
    );
    await unplaceFrom(machine.context, 'stock/ci', ['cursor']);
    expect(JSON.parse(await machine.home.read('.cursor/mcp.json'))).toEqual({ mcpServers: { mine: { command: 'y' } } });
  });

  it('leaves the bytes of before when two keys go in any order', async () => {
    for (const order of [
      ['stock', 'second'],
      ['second', 'stock'],
    ]) {
      const own = await createPlacingMachine();
      const [one, two] = [await own.key({ name: 'stock' }), await own.key({ name: 'second' })];
      await own.home.write('.cursor/mcp.json', '{ }');
      await placeCredential(own.context, one.credential, ['cursor']);
      await placeCredential(own.context, two.credential, ['cursor']);
      for (const profile of order) await unplaceFrom(own.context, `${profile}/ci`, ['cursor']);
      expect(await own.home.read('.cursor/mcp.json')).toBe('{ }');
    }
  });

  it('refuses an entry that is not its own, and replaces it with force', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const before = '{"mcpServers":{"stock":{"command":"mine"}}}';
    await machine.home.write('.cursor/mcp.json', before);
    await expect(placeCredential(machine.context, credential, ['cursor', 'claude-code'])).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await machine.home.read('.cursor/mcp.json')).toBe(before);
    expect(await readdir(machine.home.dir)).toEqual(['.cursor']);
    await placeCredential(machine.context, credential, ['cursor'], { force: true });
    expect(JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers.stock.args).toEqual([
      'proxy',
      'stock/ci',
    ]);
    const { change } = await findChange(machine.context, undefined);
    await undoChange(machine.context, change);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(before);
  });

  describe('an entry that it replaced by force', () => {
    const before = '{"mcpServers":{"stock":{"command":"mine", "args": []}}, "x": 1}';
    const place = async () => {
      const { credential } = await machine.key({ name: 'stock' });
      await machine.home.write('.cursor/mcp.json', before);
      return { credential, ...(await placeCredential(machine.context, credential, ['cursor'], { force: true })) };
    };
    const unplace = () => unplaceKey(machine.context, { profile: 'stock', name: 'ci' });

    it('is told, and comes back byte for byte', async () => {
      expect((await place()).warnings).toContainEqual(expect.stringContaining('mcpkey undo'));
      expect((await unplace()).warnings).toEqual([expect.stringContaining('is what it was')]);
      expect(await machine.home.read('.cursor/mcp.json')).toBe(before);
    });

    it('comes back into a file that changed since, and after it was placed again', async () => {
      const { credential } = await place();
      await placeCredential(machine.context, credential, ['cursor'], { mode: 'env', variable: 'STOCK_KEY' });
      const text = await machine.home.read('.cursor/mcp.json');
      await machine.home.write('.cursor/mcp.json', text.replace('"x": 1', '"x": 2'));
      await unplace();
      expect(JSON.parse(await machine.home.read('.cursor/mcp.json'))).toEqual({
        mcpServers: { stock: { command: 'mine', args: [] } },
        x: 2,
      });
    });

    it('is said to be lost where its bytes are no longer kept', async () => {
      const { id = '' } = await place();
      await forgetChange(machine.context, id);
      expect((await unplace()).warnings).toEqual([expect.stringContaining('not put back')]);
      expect(JSON.parse(await machine.home.read('.cursor/mcp.json'))).toEqual({ mcpServers: {}, x: 1 });
    });

    it('of an env file keeps export and line ends, and comes back with the mode', async () => {
      const { credential } = await machine.key({ name: 'stock' });
      const path = join(machine.home.dir, '.env');
      const text = 'A=1\r\nexport STOCK_KEY="mine"\r\nB=2\r\n';
      await machine.home.write('.env', text);
      await chmod(path, 0o640);
      const options = { file: path, variable: 'STOCK_KEY', force: true };
      await placeCredential(machine.context, credential, ['env-file'], options);
      expect(await machine.home.read('.env')).toMatch(/^A=1\r\nexport STOCK_KEY=[^"\r]+\r\nB=2\r\n$/);
      await unplace();
      expect(await machine.home.read('.env')).toBe(text);
      expect((await stat(path)).mode & 0o777).toBe(0o640);
    });
  });

  it('writes all files or none', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', OTHERS);
    await machine.home.write('.claude.json', '{"mcpServers": {,}}');
    await expect(placeCredential(machine.context, credential, ['cursor', 'claude-code'])).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining('line 1, column 17'),
    });
    expect(await machine.home.read('.cursor/mcp.json')).toBe(OTHERS);
    expect((await machine.context.ledger.key('stock', 'ci'))?.placements).toEqual([]);
  });

  it('says what it would do, and does nothing, with dryRun', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const { changes } = await placeCredential(machine.context, credential, ['cursor'], { dryRun: true });
    expect(changes[0]).toMatchObject({ changed: true, diff: expect.stringContaining('+      "command"') });
    expect(changes[0]?.diff).toMatch(/^--- \/dev\/null\n\+\+\+ .*\.cursor\/mcp\.json\n@@ -0,0 \+1,\d+ @@\n/);
    expect(await readdir(machine.home.dir)).toEqual([]);
    expect(await readdir(join(machine.home.mcpkey, 'data')).catch(() => [])).not.toContain('app');
  });

  it('follows a link and keeps it, and the mode of the file', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const real = await machine.home.write('dotfiles/cursor.json', '{}');
    await chmod(real, 0o640);
    await mkdir(join(machine.home.dir, '.cursor'));
    await symlink(real, join(machine.home.dir, '.cursor/mcp.json'));
    const { changes } = await placeCredential(machine.context, credential, ['cursor']);
    expect(changes[0]?.path).toBe(join(machine.home.dir, '.cursor/mcp.json'));
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    expect(JSON.parse(await machine.home.read('dotfiles/cursor.json')).mcpServers.stock).toBeDefined();
    await unplaceKey(machine.context, { profile: 'stock', name: 'ci' });
    expect(await machine.home.read('dotfiles/cursor.json')).toBe('{}');
  });

  it('writes a key in clear only into a file of mode 0600, and shows it nowhere', async () => {
    const { credential, value } = await machine.key({ name: 'stock' });
    const file = await machine.home.write('.cursor/mcp.json', '{"mcpServers": {}}\n');
    await chmod(file, 0o644);
    const { changes } = await placeCredential(machine.context, credential, ['cursor'], { mode: 'plain' });
    expect(JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers.stock.headers).toEqual({
      Authorization: `Bearer ${value}`,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(changes[0]?.diff).toContain('"Authorization": "[secret]"');
    expect(JSON.stringify(await machine.context.ledger.keys())).not.toContain(value);
    const { change } = await findChange(machine.context, undefined);
    await undoChange(machine.context, change);
    expect(await machine.home.read('.cursor/mcp.json')).toBe('{"mcpServers": {}}\n');
  });
});

describe('undo', () => {
  it('is itself undone, and mends the ledger both ways', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', OTHERS);
    await placeCredential(machine.context, credential, ['cursor', 'claude-code']);
    const placed = await machine.home.read('.cursor/mcp.json');
    const undoLast = async () => undoChange(machine.context, (await findChange(machine.context, undefined)).change);
    const { changes } = await undoLast();
    expect(changes).toMatchObject([
      { client: 'cursor', changed: true },
      { client: 'claude-code', changed: true },
    ]);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(OTHERS);
    expect(await readdir(machine.home.dir)).toEqual(['.cursor']);
    expect((await machine.context.ledger.key('stock', 'ci'))?.placements).toEqual([]);
    await undoLast();
    expect(await machine.home.read('.cursor/mcp.json')).toBe(placed);
    expect((await machine.context.ledger.key('stock', 'ci'))?.placements).toHaveLength(2);
    expect((await machine.context.ledger.history()).map((entry) => entry.command)).toEqual(['place', 'undo', 'undo']);
  });

  it('refuses a file that changed since, and says what differs, without secrets', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['cursor']);
    const text = await machine.home.read('.cursor/mcp.json');
    const theirs = ['tok', 'en-of-theirs-42'].join('');
    await machine.home.write(
      '.cursor/mcp.json',
      text.replace('"mcpServers": {', `"mcpServers": {\n"b": {"headers": {"X": "${theirs}"}},`),
    );
    const { change } = await findChange(machine.context, undefined);
    const refusal = await undoChange(machine.context, change).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('+"b": {"headers": {"X": "[secret]"}},'),
      hint: 'Take the entry out by hand, or with: mcpkey unplace stock/ci cursor',
    });
    expect(String(refusal)).not.toContain(theirs);
  });

  it('does not put back a key that was revoked since', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['cursor']);
    await unplaceKey(machine.context, { profile: 'stock', name: 'ci' });
    await machine.context.ledger.update('stock', 'ci', (record) => ({ ...record, status: 'revoked' }));
    const { change } = await findChange(machine.context, undefined);
    await expect(undoChange(machine.context, change)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('revoked'),
      hint: 'Make a new key and place it: mcpkey create -p stock --place cursor',
    });
  });

  it('names the command that puts an entry back into a file that changed since it was taken out', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await placeCredential(machine.context, credential, ['cursor'], { name: 'my stock' });
    await unplaceKey(machine.context, { profile: 'stock', name: 'ci' });
    await machine.home.write('.cursor/mcp.json', '{"theirs": 1}');
    const { change } = await findChange(machine.context, undefined);
    await expect(undoChange(machine.context, change)).rejects.toMatchObject({
      code: 'conflict',
      hint: "Put the entry back by hand, or with: mcpkey place stock/ci cursor --name 'my stock'",
    });
  });

  it('keeps no byte of a file in clear', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', '{"mcpServers": {"o": {"headers": {"A": "theirs-in-clear"}}}}');
    await placeCredential(machine.context, credential, ['cursor']);
    const { stdout } = await import('node:child_process').then(({ spawnSync }) =>
      spawnSync('grep', ['-rl', 'theirs-in-clear', machine.home.root], { encoding: 'utf8' }),
    );
    expect(stdout.trim().split('\n')).toEqual([join(machine.home.dir, '.cursor/mcp.json')]);
  });

  it('is not there where no store keeps the identity, and the placement says so', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const context = await machine.fresh({ MCPKEY_STORE: 'env' });
    const { warnings, id } = await placeCredential(context, credential, ['cursor'], { mode: 'env' });
    expect(warnings.join('\n')).toMatch(/cannot be undone/);
    await expect(findChange(context, id)).rejects.toMatchObject({ code: 'not_found' });
    await rm(join(machine.home.dir, '.cursor'), { recursive: true });
  });
});

describe('a login', () => {
  it('is placed, remembered and taken out, though it is no key', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const login = { ...credential, ref: 'stock/@login', kind: 'login', record: undefined } as const;
    await placeCredential(machine.context, login, ['cursor']);
    expect(JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers.stock.args).toEqual([
      'proxy',
      'stock/@login',
    ]);
    expect((await placeCredential(machine.context, login, ['cursor'])).changes).toMatchObject([{ changed: false }]);
    await expect(placeCredential(machine.context, login, ['cursor'], { mode: 'plain' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    await unplaceFrom(machine.context, 'stock/@login', ['cursor']);
    expect(await readdir(machine.home.dir)).toEqual([]);
  });

  it('that is only in the environment is refused', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const login = { ...credential, ref: 'stock/@login', kind: 'login', record: undefined } as const;
    const context = await machine.fresh({ MCPKEY_TOKEN: 'made-up' });
    await expect(placeCredential(context, login, ['cursor'])).rejects.toMatchObject({ code: 'usage' });
  });
});

it('takes over the name from another key of ours, and hands on what it made', async () => {
  const [one, two] = [await machine.key({ name: 'stock' }), await machine.key({ name: 'stock' }, 'other')];
  await placeCredential(machine.context, one.credential, ['cursor']);
  await placeCredential(machine.context, two.credential, ['cursor']);
  expect((await machine.context.ledger.key('stock', 'ci'))?.placements).toEqual([]);
  await unplaceKey(machine.context, { profile: 'stock', name: 'other' });
  expect(await readdir(machine.home.dir)).toEqual([]);
});

describe('a file that another program writes meanwhile', () => {
  /** Writes the file when the locks are asked right before the rename. */
  async function meddling(times: number, text: string): Promise<Context> {
    const context = await machine.fresh();
    let left = times;
    const meddle = (lock: HeldLock): HeldLock => ({
      async verify() {
        await lock.verify();
        if (left-- > 0) await machine.home.write('.cursor/mcp.json', `${text}${' '.repeat(left)}`);
      },
    });
    const locks: Locks = {
      ...context.locks,
      withFile: (path, work, options) => context.locks.withFile(path, (lock) => work(meddle(lock)), options),
    };
    return Object.create(context, { locks: { value: locks } });
  }

  it('is read again, and loses nothing', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', '{}');
    await placeCredential(await meddling(2, '{"mcpServers":{"theirs":{"command":"x"}}}'), credential, ['cursor']);
    expect(Object.keys(JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers)).toEqual([
      'theirs',
      'stock',
    ]);
  });

  it('is given up after three tries', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    await machine.home.write('.cursor/mcp.json', '{}');
    const placing = placeCredential(await meddling(9, '{"a":1}'), credential, ['cursor', 'claude-code']);
    await expect(placing).rejects.toMatchObject({ code: 'conflict' });
    expect(JSON.parse(await machine.home.read('.cursor/mcp.json'))).toEqual({ a: 1 });
    expect(await readdir(machine.home.dir)).toEqual(['.cursor']);
    expect(await readdir(join(machine.home.mcpkey, 'state/journals'))).toEqual([]);
  });
});

it('loses nothing when eight commands place into one file at once', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
  const credentials = [];
  for (const name of names) credentials.push((await machine.key({ name })).credential);
  await Promise.all(
    credentials.map(async (credential) => placeCredential(await machine.fresh(), credential, ['cursor'])),
  );
  expect(Object.keys(JSON.parse(await machine.home.read('.cursor/mcp.json')).mcpServers).sort()).toEqual(names);
  for (const name of names) expect((await machine.context.ledger.key(name, 'ci'))?.placements).toHaveLength(1);
});
