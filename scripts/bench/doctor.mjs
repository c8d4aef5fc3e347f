/** How long doctor takes on many profiles of which one hangs, beside its slowest single check. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createMachine } from '../stage/machine.mjs';
import { median } from './figures.mjs';

export const PROFILES = 20;
/** Seconds that a request may take; the one that hangs takes all of them. */
const TIMEOUT = '5s';
const ROUNDS = 3;
/** Those that ask every profile, and so meet the one that hangs. */
const CHECKS = ['profile.reachable', 'profile.tls', 'profile.clock', 'profile.session', 'key.probe', 'key.missing'];

/** Medians in ms: of all checks together, and of the slowest one alone. */
export async function measureDoctor({ program, origin, key }) {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const machine = await createMachine({ program });
  try {
    await furnish(machine, { program, key, origin, hanging: `http://127.0.0.1:${silent.address().port}` });
    const doctor = (args) => time(machine, program, args);
    const all = await rounds(() => doctor([]));
    const alone = [];
    for (const id of CHECKS) alone.push(await rounds(() => doctor(['--check', id])));
    return { all, alone: Math.max(...alone) };
  } finally {
    await machine.remove();
    silent.closeAllConnections();
    silent.close();
  }
}

async function rounds(measure) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await measure());
  return median(times);
}

/** A first profile with its key as a person makes it, and copies of both. */
async function furnish(machine, { program, key, origin, hanging }) {
  const quiet = { quiet: true };
  await machine.mcpkey(['store', 'use', 'age'], quiet);
  await machine.mcpkey(['profile', 'add', 'generic', '-p', 'bench', '--mcp-url', `${origin}/mcp`], quiet);
  const { code } = await run(machine, program, ['import', 'runner', '-p', 'bench', '--stdin'], key);
  if (code !== 0) throw new Error(`mcpkey import ended with ${code}`);
  const config = join(machine.home, '.config/mcpkey/config.json');
  const ledger = join(machine.home, '.local/share/mcpkey/ledger');
  const document = JSON.parse(await readFile(config, 'utf8'));
  for (let at = 1; at < PROFILES; at += 1) {
    const name = `bench-${at}`;
    const url = at === 1 ? hanging : origin;
    document.profiles[name] = { ...document.profiles.bench, mcpUrl: `${url}/mcp` };
    await copyRecords(join(ledger, 'bench'), join(ledger, name), { profile: name, origin: url });
    await copyRecords(join(ledger, '.secrets/bench'), join(ledger, '.secrets', name), { profile: name });
  }
  await writeFile(config, JSON.stringify(document));
}

async function copyRecords(from, to, changes) {
  await cp(from, to, { recursive: true });
  for (const file of await readdir(to)) {
    const record = JSON.parse(await readFile(join(to, file), 'utf8'));
    await writeFile(join(to, file), JSON.stringify({ ...record, ...changes }));
  }
}

async function time(machine, program, args) {
  const began = performance.now();
  const { code, stdout } = await run(machine, program, ['doctor', '--json', '--timeout', TIMEOUT, ...args]);
  const took = performance.now() - began;
  const hung = JSON.parse(stdout).filter(({ subject, state }) => /^bench-1(\/|$)/.test(subject) && state === 'error');
  if (args.length === 0 && (code !== 10 || hung.length === 0))
    throw new Error(`doctor did not see what hangs\n${stdout}`);
  return took;
}

async function run({ env, home }, program, args, input = '') {
  const child = spawn(process.execPath, [program, ...args], { env, cwd: home, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(input);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout };
}
