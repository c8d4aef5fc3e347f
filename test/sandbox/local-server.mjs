/**
 * A local MCP server on stdio, as people start them with npx: it wants its key in ACME_API_KEY, asks the service at
 * the URL given as its argument whether the key is good, and ends at once where it is not.
 */
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const key = process.env.ACME_API_KEY;
const check = process.argv[2];

if (key === undefined || key === '') {
  process.stderr.write('acme: set ACME_API_KEY to your API key\n');
  process.exitCode = 1;
} else if (
  check !== undefined &&
  (await fetch(check, { headers: { authorization: `Bearer ${key}` } })).status !== 200
) {
  process.stderr.write('acme: the API key is invalid or was revoked\n');
  process.exitCode = 1;
} else {
  const server = new McpServer({ name: 'acme-local', version: '0.1.0' });
  const inputSchema = z.object({ text: z.string() });
  server.registerTool('echo', { description: 'Says it again.', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  await server.connect(new StdioServerTransport());
}
