/** The pump against a real server of the official SDK, in raw JSON-RPC: what must reach the other side unharmed. */
import type { IncomingHttpHeaders } from 'node:http';
import type { McpServer } from '@modelcontextprotocol/server';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type McpEndpointOptions, type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';
import { KEY, NEXT_KEY, type Proxied, startProxy, until } from './harness.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: McpEndpointOptions = {}): Promise<{ server: RunningMcpServer; proxy: Proxied }> {
  const server = await startMcpServer({ era: 'sessions', ...options });
  opened.push(() => server.close());
  const proxy = await startProxy(server.url);
  opened.push(() => proxy.end());
  return { server, proxy };
}

const keyOf = (headers: IncomingHttpHeaders) => headers.authorization?.replace('Bearer ', '');
const refuseAllBut = (key: string) => ({
  authorize: (headers: IncomingHttpHeaders) =>
    keyOf(headers) === key
      ? undefined
      : {
          status: 401,
          body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Invalid API key', data: { x: 1 } } },
        },
});
const call = (name: string, args: unknown, extra = {}) => ({ name, arguments: args, ...extra });
const textOf = (message: unknown) => (message as { result: { content: { text: string }[] } }).result.content[0]?.text;
const posts = (server: RunningMcpServer, method: string) =>
  server.requests.filter((seen) => (seen.body as { method?: string } | undefined)?.method === method);

test('opens a session, carries its id and version, and ends it', async () => {
  const { server, proxy } = await start();
  const answer = await proxy.open();
  expect(answer.result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'loopback-mcp' } });
  expect(textOf(await proxy.request('tools/call', call('echo', { text: 'hi' })))).toBe('hi');
  const [request] = posts(server, 'tools/call');
  expect(request?.headers['mcp-session-id']).toBe(server.sessions()[0]);
  expect(request?.headers['mcp-protocol-version']).toBe('2025-11-25');
  expect(keyOf(request?.headers ?? {})).toBe(KEY);
  await proxy.end();
  expect(server.requests.at(-1)?.method).toBe('DELETE');
  expect(server.sessions()).toEqual([]);
  opened.pop();
});

test('hands on the client’s bytes as they are', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  const line =
    '{ "jsonrpc":"2.0", "id":"a", "method":"ping", "params":{"big":12345678901234567890,"f":1.0} , "x":null}';
  proxy.send(line);
  await proxy.seen((message) => message.id === 'a');
  expect(server.requests.some((seen) => seen.text === line)).toBe(true);
});

test('carries progress, in order and before the answer', async () => {
  const { proxy } = await start();
  await proxy.open();
  const params = call('slow', { milliseconds: 5, steps: 3 }, { _meta: { progressToken: 'p' } });
  const answer = await proxy.request('tools/call', params);
  const progress = proxy.received.filter((message) => message.method === 'notifications/progress');
  expect(progress.map((message) => (message.params as { progress: number }).progress)).toEqual([1, 2, 3]);
  expect(proxy.received.indexOf(answer)).toBeGreaterThan(proxy.received.indexOf(progress[2] ?? {}));
});

test('carries a request of the server to the client and its answer back', async () => {
  const register = (server: McpServer) =>
    void server.registerTool('ask', { inputSchema: z.object({}) }, async (_input, context) => {
      const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
      const answer = await context.mcpReq.elicitInput({ mode: 'form', message: 'Who?', requestedSchema });
      return { content: [{ type: 'text', text: JSON.stringify(answer.content) }] };
    });
  const { proxy } = await start({ register });
  await proxy.open();
  const answer = proxy.request('tools/call', call('ask', {}));
  const question = await proxy.seen((message) => message.method === 'elicitation/create');
  proxy.send({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: { name: 'Ann' } } });
  expect(textOf(await answer)).toBe('{"name":"Ann"}');
});

test('carries what the server says unasked', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  await until(() => server.requests.some((seen) => seen.method === 'GET'));
  server.announceTools();
  expect(await proxy.seen((message) => message.method === 'notifications/tools/list_changed')).toBeDefined();
});

test('carries 12 MB both ways', async () => {
  const { proxy } = await start();
  await proxy.open();
  const bytes = 12 * 1024 * 1024;
  expect(textOf(await proxy.request('tools/call', call('size', { text: 'y'.repeat(bytes) })))).toBe(String(bytes));
  expect(textOf(await proxy.request('tools/call', call('big', { bytes })))?.length).toBe(bytes);
});

test('waits where the client reads slowly', async () => {
  const { proxy } = await start();
  await proxy.open();
  proxy.stdout.pause();
  const params = call('big', { bytes: 2 * 1024 * 1024 });
  for (let id = 0; id < 5; id += 1) proxy.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
  await until(() => proxy.stdout.writableLength + proxy.stdout.readableLength > 1024 * 1024);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(proxy.stdout.writableLength + proxy.stdout.readableLength).toBeLessThan(5 * 1024 * 1024);
  proxy.stdout.resume();
  await proxy.seen((message) => message.id === 4);
});

test('forwards a cancellation and makes up no answer for it', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  const params = call('slow', { milliseconds: 60_000 });
  proxy.send({ jsonrpc: '2.0', id: 'long', method: 'tools/call', params });
  await until(() => posts(server, 'tools/call').length === 1);
  proxy.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'long' } });
  await until(() => posts(server, 'notifications/cancelled').length === 1);
  await proxy.request('ping');
  expect(proxy.received.filter((message) => message.id === 'long')).toEqual([]);
});

test('sends a batch as it is', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  const batch = [
    { jsonrpc: '2.0', id: 'b1', method: 'ping' },
    { jsonrpc: '2.0', id: 'b2', method: 'tools/call', params: call('echo', { text: 'x' }) },
  ];
  proxy.send(batch);
  await proxy.seen((message) => message.id === 'b1');
  await proxy.seen((message) => message.id === 'b2');
  expect(server.requests.filter((seen) => Array.isArray(seen.body))).toHaveLength(1);
});

test('answers text that is no JSON with a parse error', async () => {
  const { proxy } = await start();
  proxy.send('{"jsonrpc":');
  expect((await proxy.seen((message) => message.id === null)).error).toMatchObject({ code: -32700 });
});

test('uses a rotated key from the next request on, and reads no store meanwhile', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  await proxy.request('ping');
  expect(proxy.reads.count).toBe(1);
  await proxy.rotate(NEXT_KEY);
  await proxy.request('ping');
  expect(keyOf(server.requests.at(-1)?.headers ?? {})).toBe(NEXT_KEY);
  expect(proxy.reads.count).toBe(2);
});

test('tries once more after a 401 when the store has another key', async () => {
  const { server, proxy } = await start(refuseAllBut(NEXT_KEY));
  proxy.send({ jsonrpc: '2.0', id: 0, method: 'ping' });
  await until(() => server.requests.length === 1);
  await proxy.rotate(NEXT_KEY, { quiet: true });
  expect((await proxy.open()).result).toBeDefined();
});

test('hands on the server’s 401 under the request’s id, with a hint in the message alone', async () => {
  const { server, proxy } = await start(refuseAllBut('another'));
  const answer = await proxy.request('initialize', {}, 7);
  expect(answer.error).toEqual({
    code: -32001,
    message: 'Invalid API key (mcpkey: mcpkey create -p test)',
    data: { x: 1 },
  });
  expect(server.requests).toHaveLength(1);
});

test('answers with the hint where the server refuses without a word', async () => {
  const { proxy } = await start({ authorize: () => ({ status: 403, body: '' }) });
  const { error } = await proxy.request('initialize', {}, 'q');
  expect(error).toEqual({
    code: -32001,
    message: 'refused with 403 (mcpkey: mcpkey create -p test)',
    data: { status: 403 },
  });
});

test('adds the hint to a 401 that hides in a 200', async () => {
  const intercept: McpEndpointOptions['intercept'] = (seen, response) => {
    const id = (seen.body as { id?: unknown }).id;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: 401, message: 'no', data: { errorType: 'X' } } }));
    return true;
  };
  const { proxy } = await start({ intercept });
  expect((await proxy.request('tools/list')).error).toEqual({
    code: 401,
    message: 'no (mcpkey: mcpkey create -p test)',
    data: { errorType: 'X' },
  });
});

test('answers a call whose server was killed', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  const answer = proxy.request('tools/call', call('slow', { milliseconds: 60_000 }));
  await until(() => posts(server, 'tools/call').length === 1);
  await server.close();
  expect((await answer).error).toMatchObject({ code: -32000 });
  expect((await proxy.request('ping')).error).toMatchObject({ code: -32000 });
});

test('opens one new session for all where the server forgot it, and says which call was lost', async () => {
  const { server, proxy } = await start();
  await proxy.open();
  const lost = proxy.request(
    'tools/call',
    call('slow', { milliseconds: 60_000, steps: 1 }, { _meta: { progressToken: 1 } }),
  );
  await proxy.seen((message) => message.method === 'notifications/progress');
  await server.forgetSessions();
  const pings = await Promise.all([1, 2, 3, 4].map((id) => proxy.request('ping', {}, id)));
  expect(pings.map((message) => message.result)).toEqual([{}, {}, {}, {}]);
  expect((await lost).error).toMatchObject({ code: -32000 });
  expect(posts(server, 'initialize')).toHaveLength(2);
  await until(() => server.requests.filter((seen) => seen.method === 'GET').length >= 2);
  server.announceTools();
  await proxy.seen((message) => message.method === 'notifications/tools/list_changed');
  expect(proxy.received.filter((message) => String(message.id).startsWith('mcpkey'))).toEqual([]);
});

test('follows no redirect', async () => {
  const elsewhere = await startMcpServer();
  opened.push(() => elsewhere.close());
  const { proxy } = await start({
    intercept(_seen, response) {
      response.writeHead(307, { location: elsewhere.url }).end();
      return true;
    },
  });
  const { error } = await proxy.request('initialize');
  expect(error).toMatchObject({ code: -32000, data: { status: 307 } });
  expect(elsewhere.requests).toEqual([]);
});

test('puts UTF-8 together that is split between chunks', async () => {
  const { proxy } = await start({
    async intercept(seen, response) {
      if (seen.method !== 'POST') return false;
      const id = (seen.body as { id?: unknown }).id;
      const bytes = Buffer.from(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { text: '漢字🙂' } })}\n\n`);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
      return true;
    },
  });
  const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 'é', method: 'x', params: { t: '漢' } })}\r\n`);
  for (const byte of line) proxy.stdin.write(Buffer.of(byte));
  expect((await proxy.seen((message) => message.id === 'é')).result).toEqual({ text: '漢字🙂' });
});

test('answers a page of HTML with an error', async () => {
  const { proxy } = await start({
    intercept(_seen, response) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>');
      return true;
    },
  });
  const { error } = await proxy.request('initialize');
  expect(error).toMatchObject({ code: -32000, message: expect.stringContaining('web page') });
});

test('ends with stdin, at once where nothing is under way', async () => {
  const { proxy } = await start();
  await proxy.open();
  const started = performance.now();
  await proxy.end();
  expect(performance.now() - started).toBeLessThan(500);
  opened.pop();
});

test('lets a call that is under way finish when stdin ends', async () => {
  const { proxy } = await start();
  await proxy.open();
  const answer = proxy.request('tools/call', call('slow', { milliseconds: 150 }));
  await proxy.end();
  expect(textOf(await answer)).toBe('slept');
  opened.pop();
});

test('ends when it is interrupted, without waiting for stdin', async () => {
  const { proxy, server } = await start();
  await proxy.open();
  void proxy.request('tools/call', call('slow', { milliseconds: 60_000 }));
  await until(() => posts(server, 'tools/call').length === 1);
  proxy.interrupt();
  await proxy.done;
  expect(server.requests.at(-1)?.method).toBe('DELETE');
});

test('ends when nobody reads stdout any more', async () => {
  const { proxy } = await start();
  await proxy.open();
  proxy.stdout.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }));
  await proxy.done;
});

test('opens the GET stream before the first request, so that no question of the server is lost', async () => {
  const { server, proxy } = await start({
    async intercept(seen) {
      if (seen.method === 'GET') await new Promise((resolve) => setTimeout(resolve, 50));
      return false;
    },
  });
  await proxy.open();
  await proxy.request('tools/call', call('echo', { text: 'x' }));
  const order = server.requests.map((seen) => (seen.body as { method?: string } | undefined)?.method ?? seen.method);
  expect(order.slice(0, 4)).toEqual(['initialize', 'notifications/initialized', 'GET', 'tools/call']);
});

test('is not held up by a server that says nothing on the GET stream', async () => {
  const { proxy } = await start({ intercept: (seen) => seen.method === 'GET' });
  await proxy.open();
  expect((await proxy.request('ping')).result).toEqual({});
});

test('tells the client what could not be delivered, where the server said that it logs', async () => {
  const { proxy } = await start({
    intercept(seen, response) {
      if (!seen.text.includes('notifications/roots')) return false;
      response.writeHead(500).end();
      return true;
    },
  });
  await proxy.open();
  proxy.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
  const told = await proxy.seen((message) => message.method === 'notifications/message');
  expect(told.params).toMatchObject({ level: 'error', logger: 'mcpkey' });
});

test('gives up a call that a forgotten session left hanging', async () => {
  let forgotten = false;
  const { server, proxy } = await start({
    intercept(seen, response) {
      if (seen.text.includes('"hang"')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return true;
      }
      if (!forgotten || seen.headers['mcp-session-id'] !== first) return false;
      response.writeHead(404).end();
      return true;
    },
  });
  await proxy.open();
  const [first] = server.sessions();
  const hanging = proxy.request('tools/call', call('hang', {}));
  await until(() => posts(server, 'tools/call').length === 1);
  forgotten = true;
  expect((await proxy.request('ping')).result).toEqual({});
  expect((await hanging).error).toMatchObject({ code: -32000, message: expect.stringContaining('not repeated') });
});
