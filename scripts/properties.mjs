/**
 * The laws of the config editors over many more generated files than the tests take.
 *
 *     npm run properties                  1,000,000 files in all
 *     npm run properties -- --runs N      another number
 *     npm run properties -- --seed N      the files of another run again
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './stage/sandbox.mjs';

/** Of JSON, JSON with comments, TOML and YAML, each as tables and as lists, six laws. */
const LAWS = 4 * 2 * 6;

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string' } } });
const runs = Math.ceil(Number(values.runs) / LAWS);
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
console.log(`${runs} files for each of ${LAWS} laws, seed ${seed}`);

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', 'test/clients/formats', '-t', 'entries'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FORMAT_RUNS: String(runs), FORMAT_SEED: seed },
});
const [code] = await once(child, 'close');
if (code !== 0) process.exitCode = 1;
