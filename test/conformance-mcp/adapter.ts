/**
 * A stdio MCP server as a Streamable HTTP one, so that the suite can test what lies behind it: the proxy. Legacy
 * sessions get a child each; 2026-07-28 requests share one. Arguments: the child's command line. Ends with stdin.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
} from '@modelcontextprotocol/node';
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { type Child, startChild } from './child.ts';
import { createModernSide } from './modern-side.ts';

const command = process.argv.slice(2);
const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();
const sessions = new Map<string, { transport: NodeStreamableHTTPServerTransport; child: Child }>();
const modern = createModernSide(command);

const http = createServer(async (request, response) => {
  if (!validHost(request, response) || !validOrigin(request, response)) return;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const id = request.headers['mcp-session-id'];
  if (id === undefined && isInitializeRequest(body)) return openSession(request, response, body);
  const session = typeof id === 'string' ? sessions.get(id) : undefined;
  if (session) return session.transport.handleRequest(request, response, body);
  if (id !== undefined) return void response.writeHead(404).end();
  if (request.method === 'POST') return modern.handle(request, response, body);
  response.writeHead(405).end();
});

async function openSession(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
  const open: unknown[] = [];
  const owners = new Map<unknown, string | number>();
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, { transport, child }),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  const child = startChild(command, (message) => {
    const related = 'method' in message ? relatedTo(message, open, owners) : undefined;
    if (!('method' in message)) open.splice(open.indexOf(message.id), 1);
    transport.send(message, related === undefined ? undefined : { relatedRequestId: related }).catch(() => undefined);
  });
  transport.onmessage = (message) => {
    if ('method' in message && 'id' in message) {
      open.push(message.id);
      const token = message.params?._meta?.progressToken;
      if (token !== undefined) owners.set(token, message.id);
    }
    child.send(message);
  };
  transport.onclose = () => void child.stop();
  await transport.start();
  await transport.handleRequest(request, response, body);
}

/** The request whose stream a message of the server goes to: the owner of the progress token, else the newest one. */
function relatedTo(
  message: JSONRPCMessage,
  open: readonly unknown[],
  owners: ReadonlyMap<unknown, string | number>,
): string | number | undefined {
  const token = 'params' in message ? message.params?.progressToken : undefined;
  const newest = open.at(-1);
  return owners.get(token) ?? (typeof newest === 'string' || typeof newest === 'number' ? newest : undefined);
}

http.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://localhost:${(http.address() as AddressInfo).port}/mcp\n`);
});
process.stdin.resume().on('end', async () => {
  http.closeAllConnections();
  http.close();
  await Promise.all([modern.stop(), ...[...sessions.values()].map((session) => session.child.stop())]);
});
