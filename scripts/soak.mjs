/**
 * Sends messages through one proxy for a long time and looks at its memory: it must not grow with their number.
 *
 *     npm run soak                        1,000,000 messages
 *     npm run soak -- --messages 50000
 *
 * Ends with 1 where an answer is missing or wrong, or where memory grew.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median } from './bench/figures.mjs';
import { proxyCommand } from './bench/proxies.mjs';
import { setStage } from './bench/stage.mjs';
import { HELLO } from './bench/starts.mjs';

const { values } = parseArgs({ options: { messages: { type: 'string', default: '1000000' } } });
const messages = Number(values.messages);
/** Requests under way at a time. */
const WINDOW = 32;
const SAMPLES = 40;
/** Share by which the last quarter of the run may be above the second: what a garbage collector leaves lying. */
const GROWTH = 1.1;

const stage = await setStage({ remote: false });
const child = spawn(process.execPath, proxyCommand(stage), { env: stage.env, stdio: ['pipe', 'pipe', 'inherit'] });
try {
  const samples = await run();
  report(samples);
} finally {
  child.stdin.end();
  await once(child, 'close');
  await stage.close();
}

async function run() {
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify(message)}\n`);
  const call = (message) =>
    new Promise((resolve) => {
      waiting.set(message.id, resolve);
      send(message);
    });
  await call(HELLO);
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  const samples = [];
  let next = 0;
  const lane = async () => {
    while (next < messages) {
      next += 1;
      const text = `message ${next}`;
      const params = { name: 'echo', arguments: { text } };
      const answer = await call({ jsonrpc: '2.0', id: next + 1, method: 'tools/call', params });
      if (answer.result?.content?.[0]?.text !== text) throw new Error(`wrong answer: ${JSON.stringify(answer)}`);
    }
  };
  const lanes = Promise.all(Array.from({ length: WINDOW }, lane));
  const step = messages / SAMPLES;
  const watch = setInterval(async () => {
    while (samples.length < SAMPLES && next >= (samples.length + 1) * step) samples.push(await resident(child.pid));
  }, 20);
  const began = performance.now();
  await lanes;
  clearInterval(watch);
  console.log(`${messages} messages in ${((performance.now() - began) / 1000).toFixed(1)} s, ${WINDOW} at a time`);
  return samples;
}

/** Megabytes. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

function report(samples) {
  const quarter = Math.floor(samples.length / 4);
  const second = median(samples.slice(quarter, 2 * quarter));
  const last = median(samples.slice(-quarter));
  const most = Math.max(...samples);
  const figures = { first: samples[0], 'second quarter': second, 'last quarter': last, most };
  for (const [name, size] of Object.entries(figures)) console.log(`${name.padEnd(16)} ${size.toFixed(1)} MB`);
  if (last <= second * GROWTH) return;
  console.error('memory grew with the number of messages');
  process.exitCode = 1;
}
