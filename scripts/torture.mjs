/**
 * Kills `mcpkey rotate` by SIGKILL at random points, resumes it, and counts keys that were lost or forgotten; then plants
 * every pair of faults that `mcpkey doctor` has to find and to mend.
 *
 *     npm run torture                      1,000 points, all pairs of faults
 *     npm run torture -- --only doctor     the pairs alone
 *     npm run torture -- --points 50 --only native --lanes 2
 */
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { build } from './build.mjs';
import { root, workshop } from './stage/sandbox.mjs';

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '1000' },
    lanes: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const folder = await workshop('torture');
if (values.only !== 'doctor') await killRotations();
await rm(folder, { recursive: true, force: true });
if (values.only === undefined || values.only === 'doctor') plantPairs();

function plantPairs() {
  const command = ['vitest', 'run', 'test/doctor/pairs.test.ts'];
  const env = { ...process.env, MCPKEY_TEST_PAIRS: 'all' };
  const { status } = spawnSync('npx', command, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

async function killRotations() {
  try {
    await build(folder);
    const { torture } = await loadTorture();
    const started = Date.now();
    const { killed, lost, orphans, faults, byStrategy } = await torture({
      program: join(folder, 'bin/mcpkey.js'),
      points: Number(values.points),
      lanes: Number(values.lanes),
      only: values.only,
      report: (line) => console.error(line),
      progress: (count) => (count % 100 === 0 ? console.error(`${count} points…`) : undefined),
    });
    for (const [strategy, count] of Object.entries(byStrategy))
      console.log(`${String(count).padStart(6)}  ${strategy}`);
    const minutes = ((Date.now() - started) / 60_000).toFixed(1);
    console.log(
      `killed at ${killed} points in ${minutes} min: keys lost ${lost}, orphans ${orphans}, other faults ${faults.length - lost - orphans}`,
    );
    if (faults.length > 0) process.exitCode = 1;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The TypeScript of test/rotation/crash as one module, with what it starts programs with beside it. */
async function loadTorture() {
  const crash = join(root, 'test/rotation/crash');
  const bundle = await rolldown({
    cwd: root,
    input: join(crash, 'torture.ts'),
    platform: 'node',
    external: (id) => !/^(\.|\/|[A-Z]:)/i.test(id),
    logLevel: 'warn',
  });
  const file = join(folder, 'torture.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  await cp(join(crash, 'die-at.mjs'), join(folder, 'die-at.mjs'));
  return import(pathToFileURL(file).href);
}
