/**
 * What the bench talks to, in a process of its own: an MCP server of the official SDK at /mcp, and at /COUNT/keys a key
 * API with COUNT keys, a hundred a page. Prints its origin, and ends with stdin.
 */
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const PAGE = 100;

const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'bench', version: '1.0.0' });
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    return server;
  }),
);

const http = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname !== '/mcp') return answer(response, page(pathname, Number(searchParams.get('offset'))));
  // Nothing is let in without a key, as with the servers that this stands for.
  if (!request.headers.authorization?.startsWith('Bearer ')) return answer(response, { error: 'no key' }, 401);
  void mcp(request, response);
});

function page(pathname, offset) {
  const count = Number(pathname.split('/')[1]);
  const rows = Array.from({ length: Math.max(0, Math.min(PAGE, count - offset)) }, (_, at) => row(offset + at));
  return { keys: rows };
}

const row = (at) => ({
  id: `key_${String(at).padStart(8, '0')}`,
  name: `runner-${at}`,
  scopes: ['read', 'write'],
  createdAt: '2026-11-01T00:00:00.000Z',
  expiresAt: '2027-11-01T00:00:00.000Z',
});

function answer(response, body, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}`));
process.stdin.resume().on('end', () => process.exit());
