/** How long it takes to place a key into one client and into many, the start of the program included. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../stage/sandbox.mjs';
import { median } from './figures.mjs';

export const CLIENTS = 30;
const ROUNDS = 11;
const KEY = 'bench/runner-0';
const FIXTURES = join(root, 'test/fixtures/clients');

/** Medians in ms. Each client has a file with servers of its own, as people have it; what is placed is taken out again. */
export async function measurePlacements(stage) {
  const ids = await furnish(stage);
  const times = { one: [], many: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.one.push(place(stage, ids.slice(0, 1)));
    times.many.push(place(stage, ids));
  }
  return { one: median(times.one), many: median(times.many) };
}

/** The first clients that have a file of the user's, with the file of their fixture. */
async function furnish(stage) {
  const survey = JSON.parse(run(stage, ['clients', '--json']));
  const ids = [];
  for (const { id, files } of survey) {
    const fixture = readdirSync(join(FIXTURES, id)).find((name) => /^user\.\w+$/.test(name));
    const file = files.find(({ scope }) => scope === 'user');
    if (fixture === undefined || file === undefined || ids.length === CLIENTS) continue;
    await mkdir(dirname(file.path), { recursive: true });
    await copyFile(join(FIXTURES, id, fixture), file.path);
    ids.push(id);
  }
  if (ids.length < CLIENTS) throw new Error(`only ${ids.length} clients have a file`);
  return ids;
}

function place(stage, ids) {
  const began = performance.now();
  const rows = JSON.parse(run(stage, ['place', KEY, ...ids, '--json']));
  const took = performance.now() - began;
  if (rows.length !== ids.length || rows.some(({ changed }) => !changed)) throw new Error('not all were placed');
  run(stage, ['unplace', KEY, ...ids]);
  return took;
}

function run({ program, env, machine }, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { env, cwd: machine.home });
  if (status !== 0) throw new Error(`mcpkey ${args.join(' ')} ended with ${status}\n${stderr}`);
  return stdout.toString();
}
