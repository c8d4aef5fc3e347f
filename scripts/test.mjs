/** `npm test`: everything that must hold, in one command. Installs what is missing; the last line counts. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = join(root, '.build', `vitest-${process.pid}.json`);
const isCi = !['', '0', 'false'].includes(process.env.CI ?? '');
const count = { passed: 0, failed: 0, skipped: 0 };

if (!existsSync(join(root, 'node_modules')) && !run('install', 'npm', ['ci'])) process.exit(1);

for (const check of ['lint', 'typecheck', 'deadcode']) {
  count[run(check, 'npm', ['run', '--silent', check]) ? 'passed' : 'failed'] += 1;
}
await testAll(process.argv.slice(2));

console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
if (count.failed > 0 || (isCi && count.skipped > 0)) process.exitCode = 1;

/** Runs one step with its output shown; true where it exits 0. */
function run(name, command, args) {
  const began = performance.now();
  // npm is a script on Windows, which only a shell starts; the words are ours.
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return status === 0;
}

async function testAll(filters) {
  await mkdir(join(root, '.build'), { recursive: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const isGreen = run('tests', process.execPath, [vitest, 'run', ...reporters, ...filters]);
  const results = existsSync(report) ? JSON.parse(await readFile(report, 'utf8')) : undefined;
  await rm(report, { force: true });
  count.passed += results?.numPassedTests ?? 0;
  count.skipped += (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
  // A run can fail without a failed test: a file that does not load, an error that no test caught.
  count.failed += Math.max(results?.numFailedTests ?? 0, isGreen ? 0 : 1);
}
