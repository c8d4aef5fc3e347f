/** What a proxy adds to a call: the same call by turns straight to the server and through each proxy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { median } from './figures.mjs';
import { proxyCommand, remoteCommand } from './proxies.mjs';
import { HELLO } from './starts.mjs';

const WARM_UP = 200;

/** Median milliseconds of a call of the tool `echo`: `direct`, `proxy`, `remote`. */
export async function measureRoundTrips(stage, calls) {
  const ways = {
    direct: directly(stage),
    proxy: await through(proxyCommand(stage), stage.env),
    remote: await through(remoteCommand(stage), stage.env),
  };
  const taken = { direct: [], proxy: [], remote: [] };
  for (let at = 0; at < WARM_UP + calls; at += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const began = performance.now();
      const answer = await way.call(question(at + 2));
      const took = performance.now() - began;
      if (answer.result?.content?.[0]?.text !== `hello ${at + 2}`)
        throw new Error(`${name}: ${JSON.stringify(answer)}`);
      if (at >= WARM_UP) taken[name].push(took);
    }
  }
  await Promise.all(Object.values(ways).map((way) => way.close()));
  return Object.fromEntries(Object.entries(taken).map(([name, list]) => [name, median(list)]));
}

const question = (id) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'echo', arguments: { text: `hello ${id}` } },
});

function directly({ origin, key }) {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': HELLO.params.protocolVersion,
  };
  return {
    async call(message) {
      const response = await fetch(`${origin}/mcp`, { method: 'POST', headers, body: JSON.stringify(message) });
      const text = await response.text();
      return JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? text);
    },
    close: async () => undefined,
  };
}

async function through(args, env) {
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  const call = (message) =>
    new Promise((resolve) => {
      waiting.set(message.id, resolve);
      child.stdin.write(`${JSON.stringify(message)}\n`);
    });
  await call(HELLO);
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  const ended = once(child, 'close');
  return {
    call,
    async close() {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
