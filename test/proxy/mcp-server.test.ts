/** The tests' own server: each era answers the official client, so that what the proxy tests see is the proxy. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { startMcpServer } from '../helpers/mcp-server.ts';

test.each([
  ['sessions', '2025-11-25'],
  ['stateless', '2025-11-25'],
  ['modern', '2026-07-28'],
  ['dual', '2026-07-28'],
] as const)('%s answers the official client with %s', async (era, version) => {
  const server = await startMcpServer({ era });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  expect(client.getNegotiatedProtocolVersion()).toBe(version);
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).toEqual(['echo', 'big', 'size', 'slow']);
  const { content } = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
  expect(content).toEqual([{ type: 'text', text: 'hello' }]);
  await client.close();
  await server.close();
});
