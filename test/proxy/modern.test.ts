/** The pump with messages of MCP 2026-07-28: headers by message, no session, cancelling by closing. */
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type McpEndpointOptions, type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';
import { type Proxied, startProxy, until } from './harness.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: McpEndpointOptions = {}): Promise<{ server: RunningMcpServer; proxy: Proxied }> {
  const server = await startMcpServer({ era: 'dual', ...options });
  opened.push(() => server.close());
  const proxy = await startProxy(server.url);
  opened.push(() => proxy.end());
  return { server, proxy };
}

const modern = (params: Record<string, unknown> = {}) => ({
  ...params,
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...(params._meta as object | undefined),
  },
});

test('takes the headers from each message and no session', async () => {
  const { server, proxy } = await start();
  expect((await proxy.request('server/discover', modern())).result).toMatchObject({
    supportedVersions: ['2026-07-28'],
  });
  const answer = await proxy.request('tools/call', modern({ name: 'echo', arguments: { text: 'hi' } }));
  expect(answer.result).toMatchObject({ content: [{ text: 'hi' }] });
  const { headers } = server.requests.at(-1) ?? {};
  expect(headers).toMatchObject({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
  });
  expect(headers?.['mcp-session-id']).toBeUndefined();
});

test('repeats marked arguments as headers and leaves out tools with wrong marks', async () => {
  const { server, proxy } = await start({
    register(mcp) {
      const marked = z.object({
        region: z.string().meta({ 'x-mcp-header': 'Region' }),
        inner: z.object({ count: z.int().meta({ 'x-mcp-header': 'Count' }) }),
      });
      mcp.registerTool('marked', { inputSchema: marked }, () => ({ content: [] }));
      const wrong = z.object({ list: z.array(z.string().meta({ 'x-mcp-header': 'Wrong' })) });
      mcp.registerTool('wrong', { inputSchema: wrong }, () => ({ content: [] }));
    },
  });
  const { result } = await proxy.request('tools/list', modern());
  const names = (result as { tools: { name: string }[] }).tools.map((tool) => tool.name);
  expect(names).toContain('marked');
  expect(names).not.toContain('wrong');
  expect(proxy.logged.join()).toContain('"wrong" is left out');
  const args = { region: 'München', inner: { count: 3 } };
  expect((await proxy.request('tools/call', modern({ name: 'marked', arguments: args }))).error).toBeUndefined();
  expect(server.requests.at(-1)?.headers).toMatchObject({
    'mcp-param-region': `=?base64?${Buffer.from('München').toString('base64')}?=`,
    'mcp-param-count': '3',
  });
});

test('cancels by closing the stream, and sends nothing', async () => {
  const gone: string[] = [];
  const { server, proxy } = await start({
    intercept(seen, response) {
      if (!seen.text.includes('"slow"')) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      response.on('close', () => gone.push('closed'));
      return true;
    },
  });
  const params = modern({ name: 'slow', arguments: { milliseconds: 60_000 } });
  proxy.send({ jsonrpc: '2.0', id: 'long', method: 'tools/call', params });
  await until(() => server.requests.length === 1);
  proxy.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'long' } });
  await until(() => gone.length === 1);
  await proxy.request('tools/list', modern());
  expect(server.requests.map((seen) => (seen.body as { method: string }).method)).toEqual(['tools/call', 'tools/list']);
  expect(proxy.received.filter((message) => message.id === 'long')).toEqual([]);
});

test('hands on 404 "method not found" without opening anything', async () => {
  const { server, proxy } = await start();
  expect((await proxy.request('no/such', modern())).error).toMatchObject({ code: -32601 });
  expect(server.requests).toHaveLength(1);
});

test('hands on -32022 with the versions that the server offers', async () => {
  const { proxy } = await start({ era: 'modern' });
  const params = { ...modern(), _meta: { ...modern()._meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } };
  expect((await proxy.request('tools/list', params)).error).toMatchObject({
    code: -32022,
    data: { supported: ['2026-07-28'] },
  });
});

test('says so where a stream ends without an answer, and does not ask for it again', async () => {
  const { server, proxy } = await start({
    intercept(_seen, response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\ndata:\n\n');
      return true;
    },
  });
  expect((await proxy.request('tools/list', modern())).error).toMatchObject({ code: -32000 });
  expect(server.requests).toHaveLength(1);
});

test('carries a subscription, and does not wait for it at the end', async () => {
  const { server, proxy } = await start();
  const params = modern({ notifications: { toolsListChanged: true } });
  proxy.send({ jsonrpc: '2.0', id: 'sub', method: 'subscriptions/listen', params });
  await proxy.seen((message) => message.method === 'notifications/subscriptions/acknowledged');
  server.announceTools();
  await proxy.seen((message) => message.method === 'notifications/tools/list_changed');
  const started = performance.now();
  await proxy.end();
  expect(performance.now() - started).toBeLessThan(1_000);
  opened.pop();
});

test('carries both eras side by side', async () => {
  const { proxy } = await start();
  await proxy.open();
  const [legacy, current] = await Promise.all([proxy.request('tools/list'), proxy.request('tools/list', modern())]);
  expect(legacy.result).toHaveProperty('tools');
  expect(current.result).toHaveProperty('tools');
});
