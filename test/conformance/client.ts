/**
 * What every client promises. Its fixtures are in test/fixtures/clients/<id>/: `entries.json` has the entry of each mode
 * as the client's own documents show it, and `<scope>.json` (or another suffix) a file as people have it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEntries } from '../../src/clients/formats/index.ts';
import type { Client, ClientFile, ClientMachine, EntryCommand, EntryRequest } from '../../src/clients/types.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/clients');
const URL = 'https://stock.example/messages';
const MCPKEY = (args: readonly string[]): EntryCommand => ({ command: 'COMMAND', args, env: { MCPKEY_HOME: 'HOME' } });
const LOCAL: EntryCommand = { command: 'npx', args: ['-y', '@acme/mcp'], env: {} };

/** The same requests for every client; what it answers is in its fixtures. */
const REQUESTS: Readonly<Record<string, EntryRequest>> = {
  proxy: { mode: 'proxy', run: MCPKEY(['proxy', 'REF']) },
  wrap: { mode: 'wrap', run: MCPKEY(['exec', '--no-mask', '--env', 'ACME_KEY=REF', '--', 'npx', '-y', '@acme/mcp']) },
  helper: { mode: 'helper', url: URL, run: MCPKEY(['headers', 'REF']) },
  env: { mode: 'env', url: URL, headers: { Authorization: { prefix: 'Bearer ', variable: 'STOCK_KEY' } } },
  'env local': { mode: 'env', run: LOCAL, variables: { ACME_KEY: 'STOCK_KEY' } },
  plain: { mode: 'plain', url: URL, headers: { Authorization: 'Bearer VALUE' } },
  'plain local': { mode: 'plain', run: { ...LOCAL, env: { ACME_KEY: 'VALUE' } } },
};

const PLATFORMS = ['linux', 'darwin', 'win32'] as const;

export function describeClient(client: Client): void {
  const folder = join(FIXTURES, client.id);

  describe(client.id, () => {
    it('shapes its entries as its documents show them, and refuses the other modes', () => {
      const wanted: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'entries.json'), 'utf8'));
      const modes = new Set(Object.keys(wanted).map((name) => name.split(' ')[0]));
      expect([...modes].sort()).toEqual([...client.modes].sort());
      for (const [name, request] of Object.entries(REQUESTS)) {
        if (name in wanted) expect(client.entry(request), name).toEqual(wanted[name]);
        else expect(() => client.entry(request), name).toThrow(expect.objectContaining({ code: 'unsupported' }));
      }
    });

    it.each(PLATFORMS)('names absolute paths of the machine alone on %s', (platform) => {
      const machine = machineOn(platform);
      const absolute = platform === 'win32' ? /^[A-Z]:\\/ : /^\//;
      const { paths } = client.traces(machine);
      for (const path of [...client.files(machine).map((file) => file.path), ...paths]) expect(path).toMatch(absolute);
      expect(client.reload).not.toBe('');
    });

    const fixtures = readdirSync(folder).filter((name) => name !== 'entries.json');
    it('has a fixture for each of its scopes', () => {
      const scopes = new Set(client.files(machineOn('linux')).map((file) => file.scope));
      expect([...new Set(fixtures.map((name) => name.split('.')[0]))].sort()).toEqual([...scopes].sort());
    });

    it.each(fixtures)('%s: placed, placed again, unplaced and undone to the very bytes', async (name) => {
      const machine = await createPlacingMachine();
      const file = fileOf(client, machine, name.split('.')[0] ?? '');
      const text = await readFile(join(folder, name), 'utf8');
      const before = text.replaceAll('__DIR__', JSON.stringify(machine.home.dir).slice(1, -1));
      await roundTrip(client, machine, { file, before: Buffer.from(before) });
    });

    it('makes a missing file and takes it away again; fills an empty one and empties it again', async () => {
      const machine = await createPlacingMachine();
      const scopes = client.files(machineFor(machine)).map((file) => file.scope);
      for (const scope of new Set(scopes)) {
        for (const before of [undefined, Buffer.from(''), Buffer.from('\n')]) {
          await roundTrip(client, machine, { file: fileOf(client, machine, scope), before });
        }
      }
    });
  });
}

function machineOn(platform: NodeJS.Platform): ClientMachine {
  const windows = platform === 'win32';
  return {
    platform,
    home: windows ? 'C:\\Users\\ann' : '/home/ann',
    env: {},
    dir: windows ? 'C:\\work\\shop' : '/work/shop',
    exists: () => false,
  };
}

const machineFor = ({ context }: PlacingMachine): ClientMachine => ({
  platform: context.platform,
  home: context.home,
  env: context.env,
  dir: context.cwd,
  exists: () => false,
});

function fileOf(client: Client, machine: PlacingMachine, scope: string): ClientFile {
  const file = client.files(machineFor(machine)).find((each) => each.scope === scope);
  if (!file) throw new Error(`${client.id} has no scope ${scope}`);
  return file;
}

interface Start {
  readonly file: ClientFile;
  readonly before: Buffer | undefined;
}

async function roundTrip(client: Client, machine: PlacingMachine, { file, before }: Start): Promise<void> {
  if (!machine.context.profiles.get('stock')) await machine.key({ name: 'stock' });
  await put(file.path, before);
  const options = { scope: file.scope };
  const place = async () =>
    placeCredential(await machine.fresh(), await machine.credential('stock/ci'), [client.id], options);
  const others = readEntries(before, { ...file });

  expect((await place()).changes).toMatchObject([
    { client: client.id, server: 'stock', path: file.path, changed: true },
  ]);
  const placed = await readFile(file.path);
  const { stock, ...rest } = readEntries(placed, { ...file });
  expect(rest).toEqual(others);
  expect(stock).toBeDefined();
  expect((await place()).changes).toMatchObject([{ changed: false, diff: '' }]);
  expect(await readFile(file.path)).toEqual(placed);

  await unplaceFrom(await machine.fresh(), 'stock/ci', [client.id], options);
  expect(await bytesOf(file.path)).toEqual(before);
  await undoLast(machine);
  expect(await bytesOf(file.path)).toEqual(placed);
  await undoLast(machine);
  expect(await bytesOf(file.path)).toEqual(before);
  await rm(file.path, { force: true });
}

async function put(path: string, bytes: Buffer | undefined): Promise<void> {
  if (bytes === undefined) return rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

const bytesOf = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);

async function undoLast(machine: PlacingMachine): Promise<void> {
  const context = await machine.fresh();
  const { change } = await findChange(context, undefined);
  await undoChange(context, change);
}
