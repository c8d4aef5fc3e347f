/** Streams that break off: asked for again with the last event's id (MCP 2025-11-25, Resumability), or given up aloud. */
import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { type RunningMcpServer, type SeenRequest, startMcpServer } from '../helpers/mcp-server.ts';
import { type Proxied, startProxy, until } from './harness.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

type Script = (seen: SeenRequest, response: ServerResponse) => boolean;

async function start(script: Script): Promise<{ server: RunningMcpServer; proxy: Proxied }> {
  const server = await startMcpServer({ era: 'sessions', intercept: script });
  opened.push(() => server.close());
  const proxy = await startProxy(server.url);
  opened.push(() => proxy.end());
  await proxy.open();
  return { server, proxy };
}

const methodOf = (seen: SeenRequest) => (seen.body as { method?: string } | undefined)?.method;
const idOf = (seen: SeenRequest) => (seen.body as { id: unknown }).id;
const stream = (response: ServerResponse, text: string) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
const answer = (id: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: { late: true } });
const resumptions = (server: RunningMcpServer) => server.requests.filter((seen) => seen.headers['last-event-id']);

test('asks again, after the time that the server names, until the answer is there', async () => {
  let id: unknown;
  let ended = 0;
  let waited = 0;
  const { server, proxy } = await start((seen, response) => {
    if (methodOf(seen) === 'work') {
      id = idOf(seen);
      stream(response, 'id: e1\nretry: 60\ndata:\n\n');
      ended = performance.now();
      return true;
    }
    if (seen.headers['last-event-id'] === 'e1') {
      waited = performance.now() - ended;
      stream(response, 'id: e2\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
      return true;
    }
    if (seen.headers['last-event-id'] !== 'e2') return false;
    stream(response, `data: ${answer(id)}\n\n`);
    return true;
  });
  expect((await proxy.request('work')).result).toEqual({ late: true });
  expect(waited).toBeGreaterThanOrEqual(55);
  expect(resumptions(server).map((seen) => seen.headers['last-event-id'])).toEqual(['e1', 'e2']);
  expect(resumptions(server)[0]?.headers['mcp-session-id']).toBe(server.sessions()[0]);
  expect(proxy.received.filter((message) => message.method === 'notifications/message')).toHaveLength(1);
});

test('asks again where the connection broke', async () => {
  let id: unknown;
  const { proxy } = await start((seen, response) => {
    if (methodOf(seen) === 'work') {
      id = idOf(seen);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: e1\nretry: 5\ndata:\n\n', () => response.destroy());
      return true;
    }
    if (!seen.headers['last-event-id']) return false;
    stream(response, `data: ${answer(id)}\n\n`);
    return true;
  });
  expect((await proxy.request('work')).result).toEqual({ late: true });
});

test.each([
  ['has no ids', 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n', 0],
  ['cannot be had again', 'id: e1\nretry: 1\ndata:\n\n', 1],
])('says so where a stream that ended %s', async (_what, text, asked) => {
  const { server, proxy } = await start((seen, response) => {
    if (methodOf(seen) === 'work') stream(response, text);
    else if (seen.headers['last-event-id']) response.writeHead(400).end();
    else return false;
    return true;
  });
  expect((await proxy.request('work')).error).toMatchObject({ code: -32000 });
  expect(resumptions(server)).toHaveLength(asked);
});

test('opens the GET stream again with the last id, and goes on', async () => {
  let gets = 0;
  const { server, proxy } = await start((seen, response) => {
    if (seen.method !== 'GET') return false;
    gets += 1;
    const note = JSON.stringify({ jsonrpc: '2.0', method: `notifications/n${gets}` });
    stream(response, `id: g${gets}\nretry: 5\ndata: ${note}\n\n`);
    return true;
  });
  await proxy.seen((message) => message.method === 'notifications/n3');
  const ids = server.requests.filter((seen) => seen.method === 'GET').map((seen) => seen.headers['last-event-id']);
  expect(ids.slice(0, 3)).toEqual([undefined, 'g1', 'g2']);
});

test('is content without a GET stream', async () => {
  const { server, proxy } = await start((seen, response) => {
    if (seen.method !== 'GET') return false;
    response.writeHead(405).end();
    return true;
  });
  await until(() => server.requests.some((seen) => seen.method === 'GET'));
  await proxy.request('ping');
  expect(proxy.logged).toEqual([]);
  expect(server.requests.filter((seen) => seen.method === 'GET')).toHaveLength(1);
});

test('opens a new session where the GET stream says that the old one is gone', async () => {
  const { server, proxy } = await start(() => false);
  await until(() => server.requests.some((seen) => seen.method === 'GET'));
  await server.forgetSessions();
  await until(() => server.requests.filter((seen) => methodOf(seen) === 'initialize').length === 2);
  expect((await proxy.request('ping')).result).toEqual({});
});
