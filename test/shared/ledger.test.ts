import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Placement } from '../../src/ledger.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { type MemorySpace, memorySpace } from '../helpers/memory-space.ts';
import { keyRecord } from '../helpers/records.ts';
import { type SharedMachine, sharedMachine } from '../helpers/shared-machine.ts';

let space: MemorySpace;
let laptop: SharedMachine;
let server: SharedMachine;
beforeEach(async () => {
  space = memorySpace();
  laptop = sharedMachine(space, await emptyFolder(), 'laptop');
  server = sharedMachine(space, await emptyFolder(), 'server');
});

const placement = (host: string, path: string): Placement => ({
  client: 'cursor',
  path,
  server: 'stock',
  mode: 'plain',
  host,
  scope: 'user',
  dir: null,
  variable: null,
  placedAt: '2026-11-21T12:00:00.000Z',
  digest: '0',
  made: { file: false, tables: [] },
});

describe('keys in a shared store', () => {
  it('made on one machine are known on the other, under one name', async () => {
    await laptop.ledger.add(keyRecord());
    expect(await server.ledger.key('stock', 'ci')).toEqual(keyRecord());
    expect(await server.ledger.keys('stock')).toEqual([keyRecord()]);
    await expect(server.ledger.add(keyRecord())).rejects.toMatchObject({ code: 'conflict' });
    await server.ledger.update('stock', 'ci', (key) => ({ ...key, status: 'revoked' }));
    expect(await laptop.ledger.key('stock', 'ci')).toMatchObject({ status: 'revoked' });
    expect(await laptop.ledger.remove('stock', 'ci')).toBe(true);
    expect(await server.ledger.key('stock', 'ci')).toBeUndefined();
    expect(await server.ledger.remove('stock', 'ci')).toBe(false);
    await expect(server.ledger.update('stock', 'ci', (key) => key)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lose nothing when both machines change one at once', async () => {
    await laptop.ledger.add(keyRecord({ id: '0' }));
    const up = ({ ledger }: SharedMachine) =>
      ledger.update('stock', 'ci', (key) => ({ ...key, id: String(Number(key.id) + 1) }));
    await Promise.all(Array.from({ length: 20 }, (_, index) => up(index % 2 ? laptop : server)));
    expect(await laptop.ledger.key('stock', 'ci')).toMatchObject({ id: '20' });
  });

  it('are not changed by a machine whose lock was lost', async () => {
    await laptop.ledger.add(keyRecord());
    await space.with('rotation of stock/ci', async () => {
      space.endLocks();
      const late = laptop.ledger.update('stock', 'ci', (key) => ({ ...key, id: 'late' }));
      await expect(late).rejects.toMatchObject({ code: 'conflict' });
      await expect(laptop.ledger.record({ command: 'rotate' })).rejects.toMatchObject({ code: 'conflict' });
    });
    expect(await server.ledger.key('stock', 'ci')).toMatchObject({ id: '42' });
    expect(await server.ledger.history()).toEqual([]);
  });

  it('stand beside those that this machine alone has, which stay where they are', async () => {
    await laptop.local.add(keyRecord({ name: 'own', id: '7' }));
    await server.ledger.add(keyRecord());
    expect((await laptop.ledger.keys()).map(({ name }) => name)).toEqual(['ci', 'own']);
    expect((await server.ledger.keys()).map(({ name }) => name)).toEqual(['ci']);
    await laptop.ledger.update('stock', 'own', (key) => ({ ...key, id: '8' }));
    expect(await laptop.local.key('stock', 'own')).toMatchObject({ id: '8' });
    await expect(laptop.ledger.add(keyRecord({ name: 'own' }))).rejects.toMatchObject({ code: 'conflict' });
    expect(laptop.ledger.generationFile('stock', 'own')).toBe(laptop.local.generationFile('stock', 'own'));
    expect(await laptop.ledger.remove('stock', 'own')).toBe(true);
    expect(Object.keys(space.texts())).toEqual(['keys/stock/ci']);
  });

  it.each([
    ['{"profile":', /memory: keys\/stock\/ci: line 1/],
    ['{"profile":"stock"}', /memory: keys\/stock\/ci: not a record of a key/],
  ])('that someone broke (%s) are refused', async (text, message) => {
    space.write('keys/stock/ci', text);
    await expect(laptop.ledger.key('stock', 'ci')).rejects.toMatchObject({ code: 'bad_config_file' });
    await expect(laptop.ledger.keys()).rejects.toThrow(message);
  });
});

describe('the mirror of a shared store', () => {
  it('shows without the network what was seen last', async () => {
    await laptop.ledger.add(keyRecord());
    await laptop.ledger.add(keyRecord({ name: 'two' }));
    const names = async (machine: SharedMachine) =>
      (await machine.ledger.keys(undefined, { local: true })).map(({ name }) => name);
    expect(await names(laptop)).toEqual(['ci', 'two']);
    expect(await names(server)).toEqual([]);
    await server.ledger.keys();
    expect(await names(server)).toEqual(['ci', 'two']);
    await laptop.ledger.remove('stock', 'two');
    expect(await names(server)).toEqual(['ci', 'two']);
    await server.ledger.keys('stock');
    expect(await names(server)).toEqual(['ci']);
  });

  it('changes its file when the key is another, and only then', async () => {
    await laptop.ledger.add(keyRecord());
    await server.ledger.key('stock', 'ci');
    const inode = () => statSync(server.ledger.generationFile('stock', 'ci')).ino;
    const before = inode();
    await server.ledger.key('stock', 'ci');
    await server.ledger.keys();
    expect(inode()).toBe(before);
    await laptop.ledger.update('stock', 'ci', (key) => ({ ...key, secret: 'next' }));
    await server.ledger.key('stock', 'ci');
    expect(inode()).not.toBe(before);
  });
});

describe('placements in a shared store', () => {
  it('of this machine are believed from its own files alone', async () => {
    await laptop.ledger.add(keyRecord());
    const mine = placement('laptop', '/home/ann/.cursor/mcp.json');
    await laptop.ledger.update('stock', 'ci', (key) => ({ ...key, placements: [mine] }));
    const theirs = placement('server', '/srv/mcp.json');
    await server.ledger.update('stock', 'ci', (key) => ({ ...key, placements: [...key.placements, theirs] }));
    for (const { ledger } of [laptop, server]) {
      expect((await ledger.key('stock', 'ci'))?.placements).toEqual(expect.arrayContaining([mine, theirs]));
      expect((await ledger.keys())[0]?.placements).toHaveLength(2);
    }
    const evil = [placement('laptop', '/home/ann/.bashrc'), placement('server', '/srv/mcp.json')];
    space.write('keys/stock/ci', JSON.stringify({ ...keyRecord(), placements: evil }));
    expect((await laptop.ledger.key('stock', 'ci'))?.placements).toEqual([mine, theirs]);
    await laptop.ledger.update('stock', 'ci', (key) => ({ ...key, placements: [] }));
    expect((await laptop.ledger.key('stock', 'ci'))?.placements).toEqual([]);
  });

  it('outlive nothing: a key that is removed has none when its name is used again', async () => {
    const mine = placement('laptop', '/home/ann/.cursor/mcp.json');
    await laptop.ledger.add(keyRecord({ placements: [mine] }));
    await laptop.ledger.remove('stock', 'ci');
    await laptop.ledger.add(keyRecord());
    expect((await laptop.ledger.key('stock', 'ci'))?.placements).toEqual([]);
    const files = readdirSync(join(laptop.paths.ledger, '.own'), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile())).toEqual([]);
  });
});

describe('the history in a shared store', () => {
  it('is one chain over machines and documents', async () => {
    await laptop.local.record({ command: 'before' });
    const record = (index: number) => (index % 2 ? laptop : server).ledger.record({ command: `c${index}` });
    for (let index = 0; index < 100; index += 1) await record(index);
    await Promise.all(Array.from({ length: 40 }, (_, index) => record(100 + index)));
    expect(Object.keys(space.texts()).filter((name) => name.startsWith('log/')).length).toBe(3);
    const history = await laptop.ledger.history();
    expect(history).toHaveLength(141);
    expect(new Set(history.map(({ command }) => command)).size).toBe(141);
    expect(new Set(history.map(({ host }) => host))).toEqual(new Set(['laptop', 'server']));
    expect([await laptop.ledger.verifyHistory(), await server.ledger.verifyHistory()]).toEqual([undefined, undefined]);
    expect(await server.ledger.history()).toHaveLength(140);
  });

  it('shows what someone changed in it', async () => {
    for (let index = 0; index < 60; index += 1) await laptop.ledger.record({ command: `c${index}` });
    const text = space.texts()['log/00000001'] ?? '';
    space.write('log/00000001', text.replace('"command":"c3"', '"command":"c4"'));
    const [, , , changed] = await server.ledger.history();
    expect(await server.ledger.verifyHistory()).toBe(changed?.id);
  });

  it('holds no file of this machine', async () => {
    await laptop.ledger.record({ command: 'create' });
    expect(() => readFileSync(laptop.paths.log)).toThrow('ENOENT');
  });
});
