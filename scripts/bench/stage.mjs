/** What the bench measures on: the built program, a machine with one secret in an age store, a server, and mcp-remote. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../build.mjs';
import { createMachine } from '../stage/machine.mjs';
import { root, workshop } from '../stage/sandbox.mjs';

const REMOTE = { name: 'mcp-remote', version: '0.15.1' };
const KEYS = 100;

/**
 * `key` is made up; `many` is a machine with a hundred keys; `close` ends and removes all but the installed mcp-remote,
 * which is installed unless told otherwise.
 */
export async function setStage({ remote = true } = {}) {
  const built = await workshop('bench');
  await build(built);
  const program = join(built, 'bin', 'mcpkey.js');
  const { origin, server } = await startServer();
  const key = ['bench', 'key', 'of', 'no', 'service'].join('-');
  const machine = await furnished(program, origin, key);
  const many = await furnished(program, origin, key);
  await addKeys(many);
  return {
    program,
    remote: remote ? await installRemote() : undefined,
    machine,
    many,
    origin,
    key,
    env: { ...machine.env, MCP_REMOTE_CONFIG_DIR: join(machine.home, 'mcp-remote') },
    async close() {
      server.stdin.end();
      await once(server, 'close');
      await Promise.all([machine.remove(), many.remove(), rm(built, { recursive: true, force: true })]);
    },
  };
}

async function startServer() {
  const script = fileURLToPath(new URL('./server.mjs', import.meta.url));
  const server = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  return { origin: line.trim(), server };
}

/** A machine with one key, whose secret is in an age store. */
async function furnished(program, origin, key) {
  const machine = await createMachine({ program });
  const quiet = { quiet: true };
  await machine.mcpkey(['store', 'use', 'age'], quiet);
  await machine.mcpkey(['profile', 'add', 'generic', '-p', 'bench', '--mcp-url', `${origin}/mcp`], quiet);
  const args = [program, 'import', 'runner-0', '-p', 'bench', '--stdin'];
  const child = spawn(process.execPath, args, { env: machine.env, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(key);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`mcpkey import ended with ${code}`);
  return machine;
}

/** More keys, as the ledger keeps those whose secret is elsewhere. */
async function addKeys(machine) {
  const folder = join(machine.home, '.local/share/mcpkey/ledger/bench');
  const record = JSON.parse(await readFile(join(folder, 'runner-0.json'), 'utf8'));
  for (let at = 1; at < KEYS; at += 1) {
    const other = { ...record, name: `runner-${at}`, label: `runner-${at}`, id: `m_${at}`, secret: null };
    await writeFile(join(folder, `runner-${at}.json`), `${JSON.stringify(other, null, 2)}\n`, { mode: 0o600 });
  }
}

/** Path of mcp-remote's program. It is installed once, into a folder of its own. */
async function installRemote() {
  const cache = join(root, '.build/bench');
  const folder = join(cache, `${REMOTE.name}-${REMOTE.version}`);
  const script = join(folder, 'node_modules', REMOTE.name, 'dist/proxy.js');
  if (existsSync(script)) return { ...REMOTE, script };
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const args = ['install', '--prefix', fresh, ...flags, `${REMOTE.name}@${REMOTE.version}`];
  const npm = spawn('npm', args, { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(npm, 'close');
  if (code !== 0) throw new Error(`npm install ${REMOTE.name} ended with ${code}`);
  await rename(fresh, folder);
  return { ...REMOTE, script };
}
