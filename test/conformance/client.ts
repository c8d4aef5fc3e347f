/**
 * What every client promises. Its fixtures are in test/fixtures/clients/<id>/: `entries.json` has the entry of each mode
 * as the client's own documents show it, `places.json` where its files are (test/clients/places.test.ts), and
 * `<scope>.json` (or another suffix) is a file as people have it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putEntry, readEntries } from '../../src/clients/formats/index.ts';
import type {
  Client,
  ClientFile,
  ClientMachine,
  EntryCommand,
  EntryRequest,
  EntrySite,
} from '../../src/clients/types.ts';
import { machineOf } from '../../src/placement/machine.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { previewEntries } from '../../src/placement/preview.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/clients');
const URL = 'https://stock.example/messages';
const MCPKEY = (args: readonly string[]): EntryCommand => ({ command: 'COMMAND', args, env: { MCPKEY_HOME: 'HOME' } });
const LOCAL: EntryCommand = { command: 'npx', args: ['-y', '@acme/mcp'], env: {} };

/** What stands there when the person's folder has a blank, and so have the words behind it. */
const ON_WINDOWS: EntryCommand = {
  command: 'C:\\Windows\\System32\\cmd.exe',
  args: ['/d', '/c', 'call', 'C:\\Users\\Ann Lee\\new\\mcpkey.cmd', 'proxy', "stock/Ann's key", 'a "word" & %PATH%'],
  env: { MCPKEY_HOME: 'C:\\Users\\Ann Lee\\mcp key' },
};

/** The same requests for every client; what it answers is in its fixtures. */
export const REQUESTS: Readonly<Record<string, EntryRequest>> = {
  proxy: { mode: 'proxy', run: MCPKEY(['proxy', 'REF']) },
  wrap: { mode: 'wrap', run: MCPKEY(['exec', '--no-mask', '--env', 'ACME_KEY=REF', '--', 'npx', '-y', '@acme/mcp']) },
  helper: { mode: 'helper', url: URL, run: MCPKEY(['headers', 'REF']) },
  env: { mode: 'env', url: URL, headers: { Authorization: { prefix: 'Bearer ', variable: 'STOCK_KEY' } } },
  'env local': { mode: 'env', run: LOCAL, variables: { ACME_KEY: 'STOCK_KEY' } },
  plain: { mode: 'plain', url: URL, headers: { Authorization: 'Bearer VALUE' } },
  'plain local': { mode: 'plain', run: { ...LOCAL, env: { ACME_KEY: 'VALUE' } } },
};

/** What a fixture folder tells; the rest of it are files of the client. */
const TOLD = new Set(['entries.json', 'places.json']);

const PLATFORMS = ['linux', 'darwin', 'win32'] as const;

export function describeClient(client: Client): void {
  const folder = join(FIXTURES, client.id);

  describe(client.id, () => {
    it('shapes its entries as its documents show them, and refuses the other modes', () => {
      const wanted: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'entries.json'), 'utf8'));
      const modes = new Set(Object.keys(wanted).map((name) => name.split(' ')[0]));
      expect([...modes].sort()).toEqual([...client.modes].sort());
      for (const [name, request] of Object.entries(REQUESTS)) {
        const entry = () => client.entry(request, siteOn(client, 'linux'));
        if (name in wanted) expect(entry(), name).toEqual(wanted[name]);
        else if (client.paste === undefined)
          expect(entry, name).toThrow(expect.objectContaining({ code: 'unsupported' }));
      }
    });

    it('reads back what an entry says', () => {
      const proxy = client.entry({ mode: 'proxy', run: MCPKEY(['proxy', 'REF']) }, siteOn(client, 'linux'));
      const started = { command: 'COMMAND', args: ['proxy', 'REF'], env: { MCPKEY_HOME: 'HOME' } };
      expect(client.read(proxy)).toEqual({ url: undefined, headers: {}, ...started });
      if (client.modes.includes('plain') && !client.localModes?.includes('plain')) {
        const plain = client.entry({ mode: 'plain', url: URL, headers: { A: 'VALUE' } }, siteOn(client, 'linux'));
        const nothing = { command: undefined, args: [], env: {} };
        expect(client.read(plain)).toEqual({ url: URL, headers: { A: 'VALUE' }, ...nothing });
      }
      for (const odd of [undefined, null, 'text', [], { command: 1, args: 'a', url: {}, env: [1], headers: 'h' }]) {
        expect(Object.values(client.read(odd)).flatMap((part) => (part ? Object.keys(part) : []))).toEqual([]);
      }
    });

    it.each(['proxy', 'wrap'] as const)('has the words of %s in its file as Windows needs them', async (mode) => {
      const [file = client.paste] = client.files(machineOn('win32'));
      if (!client.modes.includes(mode) || !file) return;
      const place = { path: 'C:\\file', ...file };
      const entry = client.entry({ mode, run: ON_WINDOWS }, siteOn(client, 'win32'));
      const { bytes } = await putEntry(undefined, place, 'stock', entry);
      expect(client.read((await readEntries(bytes, place)).stock)).toMatchObject(ON_WINDOWS);
    });

    it.each(PLATFORMS)('names absolute paths of the machine alone on %s', (platform) => {
      const machine = machineOn(platform);
      const absolute = platform === 'win32' ? /^[A-Z]:\\/ : /^\//;
      const { paths } = client.traces(machine);
      for (const path of [...client.files(machine).map((file) => file.path), ...paths]) expect(path).toMatch(absolute);
      expect(client.reload).not.toBe('');
    });

    const fixtures = readdirSync(folder).filter((name) => !TOLD.has(name));
    it('has a fixture for each of its scopes', () => {
      const scopes = new Set(client.files(machineOn('linux')).map((file) => file.scope));
      expect([...new Set(fixtures.map((name) => name.split('.')[0]))].sort()).toEqual([...scopes].sort());
    });

    it.each(fixtures)('%s: placed, placed again, unplaced and undone to the very bytes', async (name) => {
      const machine = await createPlacingMachine();
      const text = await readFile(join(folder, name), 'utf8');
      const before = text.replaceAll('__DIR__', JSON.stringify(machine.home.dir).slice(1, -1));
      await roundTrip(client, machine, { scope: name.split('.')[0] ?? '', before: Buffer.from(before) });
    });

    it('makes a missing file and takes it away again, or refuses; fills an empty one and empties it again', async () => {
      const machine = await createPlacingMachine();
      for (const { scope, mustExist, aside } of client.files(machineOf(machine.context))) {
        if (aside) continue;
        if (mustExist) await expectNoFile(client, machine, scope);
        const placed: Buffer[] = [];
        for (const before of [...(mustExist ? [] : [undefined]), Buffer.from('')]) {
          placed.push(await roundTrip(client, machine, { scope, before }));
        }
        // What the client wants at its beginning stands in either.
        expect(placed.at(-1)).toEqual(placed[0]);
      }
    });
  });
}

/** Where a client would have to guess what its file is, nothing is made; the entry can still be printed. */
async function expectNoFile(client: Client, machine: PlacingMachine, scope: ClientFile['scope']): Promise<void> {
  if (!machine.context.profiles.get('stock')) await machine.key({ name: 'stock' });
  const [context, credential] = [await machine.fresh(), await machine.credential('stock/ci')];
  await expect(placeCredential(context, credential, [client.id], { scope })).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('--print'),
  });
  const { previews } = await previewEntries(context, credential, [client.id], { scope });
  expect(previews).toMatchObject([{ client: client.id, text: expect.stringContaining('stock') }]);
}

/** Where an entry stands that is made for no file in particular. */
function siteOn(client: Client, platform: NodeJS.Platform): EntrySite {
  const [file] = client.files(machineOn(platform));
  return { server: 'stock', platform, scope: 'user', file };
}

function machineOn(platform: NodeJS.Platform): ClientMachine {
  const windows = platform === 'win32';
  return {
    platform,
    home: windows ? 'C:\\Users\\ann' : '/home/ann',
    env: {},
    dir: windows ? 'C:\\work\\shop' : '/work/shop',
    exists: () => false,
    names: () => [],
    read: () => undefined,
  };
}

/** As the client has it on this disk: some look at what a file holds. */
function fileOf(client: Client, machine: PlacingMachine, scope: string): ClientFile {
  const file = client.files(machineOf(machine.context)).find((each) => each.scope === scope && !each.aside);
  if (!file) throw new Error(`${client.id} has no scope ${scope}`);
  return file;
}

interface Start {
  readonly scope: string;
  readonly before: Buffer | undefined;
}

/** Resolves to the file as it was with the entry in it. */
async function roundTrip(client: Client, machine: PlacingMachine, { scope, before }: Start): Promise<Buffer> {
  if (!machine.context.profiles.get('stock')) await machine.key({ name: 'stock' });
  await put(fileOf(client, machine, scope).path, before);
  const file = fileOf(client, machine, scope);
  const options = { scope: file.scope };
  const place = async () =>
    placeCredential(await machine.fresh(), await machine.credential('stock/ci'), [client.id], options);
  const others = await readEntries(before, { ...file });

  expect((await place()).changes).toMatchObject([
    { client: client.id, server: 'stock', path: file.path, changed: true },
  ]);
  const placed = await readFile(file.path);
  const { stock, ...rest } = await readEntries(placed, { ...file });
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
  return placed;
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
