/** `kill -9` at each call that changes the disk while one command places into five files, then the next command. */
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ensureLauncher } from '../../src/placement/launcher.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { recoverPlacements } from '../../src/placement/recover.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { createLocks } from '../../src/system/locks.ts';
import { spawnMcpkey } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

const DIE_AT = fileURLToPath(new URL('../rotation/crash/die-at.mjs', import.meta.url));
const FILES = {
  'claude-code': '.claude.json',
  'claude-desktop': '.config/Claude/claude_desktop_config.json',
  cursor: '.cursor/mcp.json',
  vscode: '.config/Code/User/mcp.json',
  'gemini-cli': '.gemini/settings.json',
} as const;
const CLIENTS = Object.keys(FILES);
/** More calls than a placement into five files has. */
const MOST = 500;
/** Homes that are killed side by side. */
const LANES = 2;

/** A machine whose first change is behind it, so that what is counted is this one's. */
async function prepare(): Promise<PlacingMachine> {
  const machine = await createPlacingMachine();
  const { credential } = await machine.key({ name: 'stock' });
  for (const file of Object.values(FILES)) await machine.home.write(file, '{"theirs": 1}\n');
  await ensureLauncher(machine.context);
  await placeCredential(machine.context, credential, ['cursor']);
  const context = await machine.fresh();
  await undoChange(context, (await findChange(context, undefined)).change);
  for (const folder of ['home', 'mcpkey'])
    await cp(join(machine.home.root, folder), join(machine.home.root, 'before', folder), { recursive: true });
  return machine;
}

async function restore({ home: { root } }: PlacingMachine): Promise<void> {
  for (const folder of ['home', 'mcpkey']) {
    await rm(join(root, folder), { recursive: true, force: true });
    await cp(join(root, 'before', folder), join(root, folder), { recursive: true });
  }
}

/** Kills a placement at its `at`-th call; false where it came to its end before. */
async function killAt({ home }: PlacingMachine, at: number): Promise<boolean> {
  const own = ['data', 'config', 'state'].map((folder) => join(home.mcpkey, folder));
  const env = {
    NODE_OPTIONS: `--import=${DIE_AT}`,
    MCPKEY_TEST_DIE_AT: String(at),
    MCPKEY_TEST_DIE_UNDER: [home.dir, ...own].join(':'),
    MCPKEY_TEST_DIE_HOW: at % 2 === 0 ? 'torn' : 'clean',
    MCPKEY_TEST_DIE_SYNC: '1',
    MCPKEY_TEST_DIE_EACH: '1',
  };
  const { code, stderr } = await spawnMcpkey(['place', 'stock/ci', ...CLIENTS], { home, env }).finished;
  if (code !== null && code !== 0) throw new Error(`exit ${code}\n${stderr}`);
  return code === null;
}

const texts = ({ home }: PlacingMachine) => Promise.all(Object.values(FILES).map((file) => home.read(file)));

async function strays({ home }: PlacingMachine): Promise<string[]> {
  const folders = [home.dir, join(home.mcpkey, 'data'), join(home.mcpkey, 'config'), join(home.mcpkey, 'state')];
  const names = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true })));
  const locks = await readdir(join(home.root, 'tmp'), { recursive: true });
  return [...names.flat(), ...locks].filter((name) => name.endsWith('.tmp') || /journals\/.|\.lock/.test(name));
}

/** What does not hold after the next command; empty where all is well. */
async function faultsAfter(machine: PlacingMachine, before: readonly string[], at: number): Promise<string[]> {
  const context = await machine.fresh();
  // As each command begins.
  await createLocks({ dir: context.paths.locks, temporary: join(machine.home.root, 'tmp') }).sweep?.();
  const told = await recoverPlacements(context);
  const after = await texts(machine);
  const placed = (await context.ledger.key('stock', 'ci'))?.placements.length;
  const isOld = after.every((text, index) => text === before[index]);
  const isNew = after.every((text) => JSON.stringify(JSON.parse(text)).includes('stock/ci'));
  // What the launcher and the daily reminder were about to write is no part of the placement; a file that would have been
  // linked to a lock's name and does not say yet whose it is goes when it is 20 s old.
  const left = (await strays(machine)).filter((name) => !/^app\/|early-warning|locks\/\./.test(name));
  const rules: [boolean, string][] = [
    [isOld || isNew, `neither all old nor all new: ${after.map((text) => text.length).join(' ')}`],
    [placed === (isNew ? CLIENTS.length : 0), `${placed} placements are known`],
    [left.length === 0, `left: ${left.join(', ')}`],
  ];
  if (isNew) {
    await undoChange(context, (await findChange(context, undefined)).change);
    rules.push([(await texts(machine)).join() === before.join(), 'undo does not give the bytes of before']);
  } else if (at % 4 === 0) {
    await placeCredential(context, await machine.credential('stock/ci'), CLIENTS);
    rules.push([(await texts(machine)).every((text) => text.includes('stock/ci')), 'it cannot be placed again']);
  }
  return rules.flatMap(([holds, fault]) => (holds ? [] : [`at ${at} (${told.join(' ')}): ${fault}`]));
}

it('kill -9 at each call that writes while placing into five files: all old or all new, and nothing left', {
  timeout: 400_000,
}, async () => {
  const faults: string[] = [];
  let next = 1;
  let end = MOST;
  const lane = async () => {
    const machine = await prepare();
    const before = await texts(machine);
    for (let at = next++; at <= end; at = next++) {
      await restore(machine);
      if (await killAt(machine, at)) faults.push(...(await faultsAfter(machine, before, at)));
      else end = Math.min(end, at - 1);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(faults).toEqual([]);
  expect(end).toBeLessThan(MOST);
  expect(end).toBeGreaterThan(80);
});
