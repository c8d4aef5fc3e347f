/** How long programs take from their start to their end, or to their first answer. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { pairwise } from './figures.mjs';
import { proxyCommand, remoteCommand } from './proxies.mjs';

export const HELLO = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};

/**
 * What is started, and the most that it may take, as a multiple of a bare Node. `remote` has no goal: it is what
 * `proxy` is compared with.
 */
export const STARTS = [
  { name: 'mcpkey --version', goal: 1.5, start: own('--version') },
  { name: 'mcpkey --help', goal: 1.5, start: own('--help') },
  { name: 'completion: mcpkey get ⇥', goal: 1.5, start: own('__complete', '--', 'get', '') },
  { name: 'mcpkey list --local, 100 keys', goal: 2, start: (stage) => toEnd(list(stage), stage.many.env) },
  { name: 'mcpkey get', goal: 2, start: own('get', 'bench/runner-0') },
  { name: 'mcpkey headers', goal: 2, start: own('headers', 'bench/runner-0') },
  { name: 'mcpkey proxy, to its first answer', goal: 2.5, start: (stage) => toAnswer(proxyCommand(stage), stage.env) },
  { name: 'mcp-remote, to its first answer', start: (stage) => toAnswer(remoteCommand(stage), stage.env) },
];

function list({ program }) {
  return [program, 'list', '--local'];
}

function own(...args) {
  return ({ program, env }) => toEnd([program, ...args], env);
}

/** Milliseconds of a bare Node, and of each of STARTS with its ratio. */
export async function measureStarts(stage, rounds) {
  const others = STARTS.map(({ name, start }) => [name, () => start(stage)]);
  return pairwise(() => toEnd(['-e', '0'], stage.env), Object.fromEntries(others), rounds);
}

/** As a script starts it: nothing of it is a terminal. */
function toEnd(args, env) {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}\n${stderr}`);
  return took;
}

async function toAnswer(args, env) {
  const began = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  child.stdin.write(`${JSON.stringify(HELLO)}\n`);
  const [chunk] = await Promise.race([once(child.stdout, 'data'), ended.then(() => [''])]);
  const took = performance.now() - began;
  if (!String(chunk).includes('"result"')) throw new Error(`no answer from ${args.join(' ')}: ${chunk}`);
  child.kill();
  await ended;
  return took;
}
