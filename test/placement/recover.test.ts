import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { continueJournal, openJournal, readJournals } from '../../src/journal.ts';
import { ensureLauncher } from '../../src/placement/launcher.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { recoverPlacements } from '../../src/placement/recover.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { unplaceKey } from '../../src/placement/unplace.ts';
import { createLocks } from '../../src/system/locks.ts';
import type { HeldLock, Locks } from '../../src/system/types.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

const FILES = ['.claude.json', '.cursor/mcp.json'] as const;
const BEFORE = '{"mcpServers": {}, "a": 1}\n';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
  for (const file of FILES) await machine.home.write(file, BEFORE);
});

const forever = () => new Promise<never>(() => {});

/** A context that comes to a stop for good at one point, as a process does that loses its power there. */
async function stoppingAt(point: 'ledger' | 'history' | number): Promise<{ context: Context; stopped: Promise<void> }> {
  let stop = () => {};
  const stopped = new Promise<void>((done) => {
    stop = done;
  });
  const halt = async () => {
    stop();
    return forever();
  };
  const context = await machine.fresh();
  const { ledger } = context;
  let checks = 0;
  const watch = (lock: HeldLock): HeldLock => ({ verify: () => (++checks === point ? halt() : lock.verify()) });
  // Locks of its own: a process that is gone holds none.
  const own = createLocks({ dir: join(machine.home.root, 'gone/locks'), temporary: join(machine.home.root, 'tmp') });
  const locks: Locks = {
    ...own,
    with: (name, work, options) => own.with(name, (lock) => work(watch(lock)), options),
    withFile: (path, work, options) => own.withFile(path, (lock) => work(watch(lock)), options),
  };
  const stopping: Context = Object.create(context, {
    locks: { value: locks },
    ledger: {
      value: {
        ...ledger,
        update: point === 'ledger' ? halt : ledger.update,
        record: point === 'history' ? halt : ledger.record,
      },
    },
  });
  return { context: stopping, stopped };
}

const files = () => Promise.all(FILES.map((file) => machine.home.read(file)));
const placements = async () => (await (await machine.fresh()).ledger.key('stock', 'ci'))?.placements ?? [];
const journals = () => readdir(join(machine.home.mcpkey, 'state/journals'));

async function crash(point: 'ledger' | 'history' | number, work: (context: Context) => Promise<unknown>) {
  const { context, stopped } = await stoppingAt(point);
  void work(context).catch(() => undefined);
  await stopped;
  expect(await journals()).toHaveLength(1);
}

const place = async (context: Context) =>
  placeCredential(context, await machine.credential('stock/ci'), ['claude-code', 'cursor']);

describe('a crash while placing into two files', () => {
  // Each write asks two locks: the change's own, and that of its file.
  it.each([
    ['before the first rename', 2],
    ['between the two', 4],
  ])('%s: put back', async (_when, checks) => {
    await makeLauncher();
    await crash(checks, place);
    const told = await recoverPlacements(await machine.fresh());
    expect(told).toEqual([expect.stringContaining('was put back')]);
    expect(await files()).toEqual([BEFORE, BEFORE]);
    expect(await placements()).toEqual([]);
    expect(await journals()).toEqual([]);
    expect(await readdir(join(machine.home.mcpkey, 'data/undo'))).toEqual([]);
    expect((await readdir(machine.home.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(['ledger', 'history'] as const)('after both, before the %s: finished', async (point) => {
    await crash(point, place);
    expect(await recoverPlacements(await machine.fresh())).toEqual([expect.stringContaining('was finished')]);
    expect((await placements()).map(({ client }) => client).sort()).toEqual(['claude-code', 'cursor']);
    expect(await journals()).toEqual([]);
    const context = await machine.fresh();
    await undoChange(context, (await findChange(context, undefined)).change);
    expect(await files()).toEqual([BEFORE, BEFORE]);
    expect(await placements()).toEqual([]);
  });

  it('leaves a file that someone changed since', async () => {
    await makeLauncher();
    await crash(4, place);
    const theirs = '{"mcpServers": {}, "a": 2}\n';
    for (const file of FILES) await machine.home.write(file, theirs);
    await recoverPlacements(await machine.fresh());
    expect(await files()).toEqual([theirs, theirs]);
    expect(await placements()).toEqual([]);
  });

  it('after both files finishes the ledger, whatever someone wrote since', async () => {
    await crash('ledger', place);
    await machine.home.write(FILES[1], '{"mcpServers": {}, "a": 3}');
    expect(await recoverPlacements(await machine.fresh())).toEqual([expect.stringContaining('was finished')]);
    expect(await placements()).toHaveLength(2);
    expect(await machine.home.read(FILES[1])).toBe('{"mcpServers": {}, "a": 3}');
  });

  it('is told and kept for later where the store is not there', async () => {
    await makeLauncher();
    await crash(4, place);
    const away = await machine.fresh({ MCPKEY_AGE_IDENTITY: join(machine.home.root, 'nowhere') });
    expect(await recoverPlacements(away)).toEqual([expect.stringContaining('waits to be put back')]);
    expect(await journals()).toHaveLength(1);
    await recoverPlacements(await machine.fresh());
    expect(await files()).toEqual([BEFORE, BEFORE]);
  });
});

it('a crash while unplacing gives back what stood there', async () => {
  await place(await machine.fresh());
  const placed = await files();
  await crash(4, (context) => unplaceKey(context, { profile: 'stock', name: 'ci' }));
  await recoverPlacements(await machine.fresh());
  expect(await files()).toEqual(placed);
  expect(await placements()).toHaveLength(2);
});

it('recovery that has nothing to do touches nothing', async () => {
  expect(await recoverPlacements(machine.context)).toEqual([]);
});

/** So that the locks asked are those of the change alone. */
const makeLauncher = () => ensureLauncher(machine.context);

describe('a journal', () => {
  it('goes on behind a record that a crash cut short', async () => {
    const dir = join(machine.home.root, 'journals');
    const journal = await openJournal<unknown>(dir, 'rotation', { step: 1 });
    await journal.append({ step: 2 });
    await writeFile(journal.path, `${await readFile(journal.path, 'utf8')}{"step":3,"cut`);
    const [left] = await readJournals(dir, 'rotation');
    expect(left).toMatchObject({ id: journal.id, records: [{ step: 1 }, { step: 2 }] });
    if (left) await (await continueJournal<unknown>(left)).append({ step: 3 });
    expect((await readJournals(dir, 'rotation'))[0]?.records).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
    await journal.close();
    expect(await readJournals(dir, 'rotation')).toEqual([]);
  });

  it('that is broken in the middle is named and left', async () => {
    const dir = join(machine.home.root, 'journals');
    await mkdir(dir);
    await writeFile(join(dir, 'rotation-x.jsonl'), '{"step":1}\nnonsense\n{"step":2}\n');
    await expect(readJournals(dir, 'rotation')).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining('line 2'),
    });
    expect(await readdir(dir)).toEqual(['rotation-x.jsonl']);
  });
});
