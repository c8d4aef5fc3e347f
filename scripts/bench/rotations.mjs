/** What rotating many keys costs beside a bare loop, in time and in memory; and what a plan costs beside a list. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createMachine } from '../stage/machine.mjs';
import { median } from './figures.mjs';
import { peakWatch } from './memory.mjs';

export const KEYS = 1_000;
export const FEW = 100;
export const REFS = 10_000;
const CONCURRENCY = 16;
const LEDGER = '.local/share/mcpkey/ledger';
const AGE = '.local/share/mcpkey/age';

/**
 * Both rotate KEYS keys of the same service by turns, the loop first: its time in ms and the program's in the round whose
 * ratio is the median, and the program's highest peaks of memory (MB) with FEW and with KEYS keys.
 */
export async function measureRotations({ program, keys = KEYS, rounds = 3 }) {
  const service = await startService();
  const machines = [];
  const enter = (machine) => {
    machines.push(machine);
    return machine;
  };
  try {
    const few = await rotateAll(enter(await furnished(program, service)), service, FEW);
    const pairs = [];
    for (let round = 0; round < rounds; round += 1) {
      const bare = await rotateBarely(enter(await createMachine({ program: '' })), service, keys);
      const own = await rotateAll(enter(await furnished(program, service)), service, keys);
      compareRequests(bare.requests, own.requests);
      pairs.push({ bare: bare.ms, own: own.ms, peak: own.peak });
    }
    pairs.sort((one, other) => one.own / one.bare - other.own / other.bare);
    return { ...pairs[Math.floor(rounds / 2)], fewPeak: few.peak, peak: Math.max(...pairs.map(({ peak }) => peak)) };
  } finally {
    await service.close();
    // Not before: files are made slower while many were removed lately (ext4 without a journal), and the next one pays.
    for (const machine of machines) await machine.remove();
  }
}

async function startService() {
  const script = fileURLToPath(new URL('./stock.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value);
  const place = await answer();
  const ask = (line) => {
    child.stdin.write(`${line}\n`);
    return answer();
  };
  return {
    ...place,
    keys: (count, prefix) => ask(`keys ${count} ${prefix}`),
    count: () => ask('count'),
    async close() {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

/** The same calls, so the same number of each kind with the same status. */
function compareRequests(one, other) {
  const sorted = (counts) => JSON.stringify(Object.entries(counts).sort(), null, 1);
  if (sorted(one) !== sorted(other)) throw new Error(`not the same calls: ${sorted(one)} ${sorted(other)}`);
}

async function rotateBarely({ home, env }, service, count) {
  const keys = await service.keys(count, 'bare');
  const folder = join(home, 'secrets');
  await mkdir(folder);
  const recipient = await identityToRecipient(await generateX25519Identity());
  const { url, mcpUrl, token } = service;
  const input = JSON.stringify({ keys, url, mcpUrl, token, recipient, folder, concurrency: CONCURRENCY });
  const script = fileURLToPath(new URL('./bare-loop.mjs', import.meta.url));
  await service.count();
  const { ms } = await timed([script], env, input);
  return { ms, requests: await service.count() };
}

async function rotateAll(machine, service, count) {
  await addKeys(machine, await service.keys(count, `own-${count}`));
  const args = ['rotate', '--all', '--concurrency', String(CONCURRENCY), '--match', 'own-*', '--json'];
  await service.count();
  const env = { ...machine.env, MCPKEY_TOKEN: service.token };
  const { ms, stdout, peak } = await timed([machine.program, ...args], env);
  const done = JSON.parse(stdout).filter(({ state }) => state === 'done').length;
  if (done !== count) throw new Error(`${done} of ${count} keys were rotated`);
  return { ms, peak, requests: await service.count() };
}

/** A machine with one key, whose records are what those of the others are made of. */
async function furnished(program, { url, mcpUrl, token }) {
  const machine = await createMachine({ program });
  const quiet = { quiet: true, extra: { MCPKEY_TOKEN: token } };
  await machine.mcpkey(['store', 'use', 'age'], quiet);
  const place = ['--url', url, '--mcp-url', mcpUrl];
  await machine.mcpkey(['profile', 'add', 'stock-data', '-p', 'stock', ...place], quiet);
  await machine.mcpkey(['create', `first-${Date.now()}`, '-p', 'stock'], quiet);
  return machine;
}

/** More keys with their secrets, as the program itself keeps them: there is no faster way to have a thousand. */
async function addKeys({ home }, keys) {
  const identity = /AGE-SECRET-KEY-\S+/.exec(await readFile(join(home, '.config/mcpkey/age-identity'), 'utf8'))[0];
  const recipient = await identityToRecipient(identity);
  const record = await onlyFile(join(home, LEDGER, 'stock'));
  const place = await onlyFile(join(home, LEDGER, '.secrets/stock'));
  const [owner] = place.value.id.split('/');
  for (const [at, { id, name, secret }] of keys.entries()) {
    const kept = `bench${at}`;
    await writeRecord(record, name, { name, label: name, id, secret: kept, mark: null });
    await writeRecord(place, kept, { record: kept, id: `${owner}/stock/${kept}` });
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const sealed = await encrypter.encrypt(secret);
    await writeFile(join(home, AGE, owner, 'stock', `${kept}.age`), sealed, { mode: 0o600 });
  }
}

async function onlyFile(folder) {
  const [name] = (await readdir(folder)).filter((each) => each.endsWith('.json'));
  return { folder, value: JSON.parse(await readFile(join(folder, name), 'utf8')) };
}

const writeRecord = ({ folder, value }, name, own) =>
  writeFile(join(folder, `${name}.json`), `${JSON.stringify({ ...value, ...own })}\n`, { mode: 0o600 });

/** Milliseconds of a list of REFS keys from the files alone, and of the plan for all of them; medians, by turns. */
export async function measurePlans({ program, rounds = 5 }) {
  const service = await startService();
  const machine = await furnished(program, service);
  try {
    const record = await onlyFile(join(machine.home, LEDGER, 'stock'));
    for (let at = 0; at < REFS; at += 1) {
      await writeRecord(record, `own-${at}`, { name: `own-${at}`, id: `bench-${at}`, mark: null });
    }
    const took = { list: [], plan: [] };
    for (let round = 0; round <= rounds; round += 1) {
      const list = await timed([program, 'list', '--local', '--json'], machine.env);
      const plan = await timed([program, 'rotate', '--all', '--dry-run', '--json'], machine.env);
      const [rows, listed] = [plan, list].map(({ stdout }) => JSON.parse(stdout).length);
      if (rows < REFS || listed !== rows) throw new Error(`${rows} keys were planned, ${listed} listed`);
      // The first round warms up the disk.
      if (round === 0) continue;
      took.list.push(list.ms);
      took.plan.push(plan.ms);
    }
    return { list: median(took.list), plan: median(took.plan) };
  } finally {
    await machine.remove();
    await service.close();
  }
}

/** Runs node ARGS to its end, which must be a success. `peak` is its highest resident set in MB. */
async function timed(args, env, input = '') {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', peakWatch, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const read = [child.stdout, child.stderr, child.stdio[3]].map((stream) => text(stream));
  const [code] = await once(child, 'close');
  const ms = performance.now() - began;
  const [stdout, stderr, peak] = await Promise.all(read);
  if (code !== 0) throw new Error(`node ${args.slice(0, 4).join(' ')} ended with ${code}\n${stderr}`);
  return { ms, stdout, peak: Number(peak) / 1024 };
}
