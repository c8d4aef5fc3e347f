/**
 * The main job on real protocols, on a machine with nothing but Node and npm: installs what is missing, builds, serves
 * the services on loopback, and runs the real program in a home of its own. Asks nothing; ends non-zero if a step fails.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!existsSync(join(root, 'node_modules'))) {
  console.log('# installs the packages (npm ci)');
  const { status } = spawnSync('npm', ['ci'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error('npm ci failed: see above.');
    process.exit(1);
  }
}

const { build } = await import('./build.mjs');
const { loadSandbox, workshop } = await import('./stage/sandbox.mjs');
const { createMachine } = await import('./stage/machine.mjs');
const { leaveKeychain, tell } = await import('./stage/story.mjs');

const print = (text) => void process.stdout.write(text);
// Ctrl-C ends the story at its next step, and everything is cleared away as after any failure.
const stop = new AbortController();
process.on('SIGINT', () => stop.abort(new Error('interrupted')));

const built = await workshop('demo');
try {
  print('# builds the program\n');
  await build(built);
  print('# starts the services on loopback\n');
  const sandbox = await (await loadSandbox()).startSandbox();
  await perform(sandbox).finally(() => sandbox.close());
  print('\n# done: every step passed\n');
} catch (error) {
  print(`\n# FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(built, { recursive: true, force: true });
}

async function perform(sandbox) {
  const machine = await createMachine({ program: join(built, 'bin', 'mcpkey.js'), print });
  try {
    await tell({ sandbox, machine, print, signal: stop.signal });
  } finally {
    await leaveKeychain(machine).finally(() => machine.remove());
  }
}
