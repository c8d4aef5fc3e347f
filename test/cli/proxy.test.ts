/** The built `proxy` between a client of the official SDK and a server of the official SDK. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, mcpkeyJson, program, spawnMcpkey } from '../helpers/cli.ts';
import { type McpEndpointOptions, type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';

const servers: RunningMcpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const KEY = ['key', 'for', 'the', 'loopback', '12345'].join('-');

type Refusal = ReturnType<NonNullable<McpEndpointOptions['authorize']>>;

/** `refuse` makes the server refuse everyone from then on. */
async function machine(
  options: McpEndpointOptions = {},
): Promise<{ home: Home; server: RunningMcpServer; refuse(how: Refusal): void }> {
  let refusal: Refusal;
  const server = await startMcpServer({
    authorize: (headers) =>
      refusal ??
      (headers.authorization === `Bearer ${KEY}`
        ? undefined
        : { status: 401, body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Unknown key' } } }),
    ...options,
  });
  servers.push(server);
  const home = await createHome();
  const added = await mcpkey(['profile', 'add', 'generic', '-p', 'loop', '--mcp-url', server.url], { home });
  expect(added).toMatchObject({ code: 0 });
  const imported = await mcpkey(['import', 'ci', '-p', 'loop', '--stdin'], { home, input: KEY });
  expect(imported).toMatchObject({ code: 0 });
  const refuse = (how: Refusal) => {
    refusal = how;
  };
  return { home, server, refuse };
}

test.each([
  ['dual', '2026-07-28'],
  ['sessions', '2025-11-25'],
  ['stateless', '2025-11-25'],
  ['modern', '2026-07-28'],
] as const)('a client that asks for the newest gets from a %s server %s', async (era, version) => {
  const { home } = await machine({ era });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program(), 'proxy', 'loop/ci'],
    env: { ...home.env },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(transport);
  expect(client.getNegotiatedProtocolVersion()).toBe(version);
  expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('echo');
  const { content } = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
  expect(content).toEqual([{ type: 'text', text: 'hello' }]);
  await client.close();
});

test('ends with stdin, quickly and with 0, and says nothing on its own', async () => {
  const { home } = await machine();
  const proxy = spawnMcpkey(['proxy', 'loop/ci'], { home });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  proxy.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  await proxy.printed(/"id":1/, 'stdout');
  const started = performance.now();
  proxy.child.stdin.end();
  const { code, stderr } = await proxy.finished;
  expect(performance.now() - started).toBeLessThan(1_500);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('ends on SIGTERM with 0 and ends the session', async () => {
  const { home, server } = await machine({ era: 'sessions' });
  const proxy = spawnMcpkey(['proxy', 'loop/ci'], { home });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  proxy.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  await proxy.printed(/"id":1/, 'stdout');
  proxy.kill('SIGTERM');
  expect(await proxy.finished).toMatchObject({ code: 0, signal: null });
  expect(server.sessions()).toEqual([]);
});

test('tells the client what a 401 means and what to do, and no secret', async () => {
  const { home, refuse } = await machine();
  refuse({ status: 401, body: '' });
  const { code, stdout, stderr } = await mcpkey(['proxy', 'loop/ci'], {
    home,
    input: `${JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'initialize', params: {} })}\n`,
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: 'a', error: { code: -32001, data: { status: 401 } } });
  expect(stdout).toContain('mcpkey');
  expect(stdout + stderr).not.toContain(KEY);
});

test('refuses a ref that there is not, on stderr alone', async () => {
  const { home } = await machine();
  expect(await mcpkey(['proxy', 'loop/none'], { home })).toMatchObject({ code: 5, stdout: '' });
});

test('verify says who answers, in words and in JSON', async () => {
  const { home, server } = await machine();
  const { code, stdout } = await mcpkey(['verify', 'loop/ci'], { home });
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('loopback-mcp 1.2.3') });
  const before = server.requests.length;
  const document = await mcpkeyJson<Record<string, unknown>>(['verify', 'loop/ci'], { home });
  expect(document).toEqual({
    ok: true,
    status: 200,
    server: { name: 'loopback-mcp', version: '1.2.3' },
    protocolVersion: '2025-11-25',
    tools: ['echo', 'big', 'size', 'slow'],
    durationMs: expect.any(Number),
  });
  expect(server.requests.slice(before).map((seen) => seen.method)).toEqual(['POST', 'POST', 'POST', 'DELETE']);
});

test('verify carries the error in its document, and prints none on stderr', async () => {
  const { home, refuse } = await machine();
  refuse({ status: 403, body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Scope!' } } });
  const { code, stdout, stderr } = await mcpkey(['verify', 'loop/ci', '--json'], { home });
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    status: 403,
    tools: [],
    error: { code: 'insufficient_scope', status: 403, provider: 'generic', retryAfter: null },
  });
});

test('headers prints one JSON object', async () => {
  const { home } = await machine();
  const { code, stdout } = await mcpkey(['headers', 'loop/ci'], { home });
  expect({ code, stdout: JSON.parse(stdout) }).toEqual({ code: 0, stdout: { Authorization: `Bearer ${KEY}` } });
});
