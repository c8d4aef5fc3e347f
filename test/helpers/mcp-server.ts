/** A real MCP server of the official SDK on loopback, with a key check, a request log and faults on demand. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  type EventStore,
  isInitializeRequest,
  McpServer,
  type McpServerOptions,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** `sessions`: legacy with session ids; `stateless`: legacy without; `modern`: 2026-07-28 alone; `dual`: modern and sessions. */
export type ServerEra = 'sessions' | 'stateless' | 'modern' | 'dual';

export interface Refusal {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The exact body. */
  readonly text: string;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
}

export interface McpEndpointOptions {
  readonly era?: ServerEra;
  readonly name?: string;
  readonly version?: string;
  /** The service's key check; undefined lets the request pass. */
  authorize?(headers: IncomingHttpHeaders, body: unknown, seen: SeenRequest): Refusal | undefined;
  /** Looks at a request before its body is read; false where it has answered it. */
  guard?(request: IncomingMessage, response: ServerResponse): boolean;
  /** A fault: answers the request itself and returns true. May be async. */
  intercept?(seen: SeenRequest, response: ServerResponse): boolean | Promise<boolean>;
  /** More tools, prompts, resources. */
  register?(server: McpServer): void;
  /** Laid over the server's own options. */
  readonly serverOptions?: McpServerOptions;
  /** Without `echo`, `slow`, `big` and `size`. */
  readonly bare?: boolean;
  /** Makes streams resumable: events get ids. */
  readonly eventStore?: EventStore;
  /** Milliseconds of the SSE `retry` field, with `eventStore`. */
  readonly retryInterval?: number;
}

export interface McpEndpoint {
  /** Every request in order, refused ones included. */
  readonly requests: readonly SeenRequest[];
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ids of the sessions that live. */
  sessions(): string[];
  /** Forgets every session, as a restart does: their next request gets 404. */
  forgetSessions(): Promise<void>;
  /** Tells every connected client `notifications/tools/list_changed`. */
  announceTools(): void;
  /** The same for prompts. */
  announcePrompts(): void;
  close(): Promise<void>;
}

interface Session {
  readonly server: McpServer;
  readonly transport: NodeStreamableHTTPServerTransport;
}

const MAX_BODY = 64 * 1024 * 1024;

const rpcError = (code: number, message: string, id: unknown = null): unknown => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});

/** `echo`, `slow` (waits, tells its progress), `big` (a text of `bytes`), `size` (length of a text sent). */
function registerTools(server: McpServer): void {
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
  server.registerTool('echo', { description: 'Says it back', inputSchema: z.object({ text: z.string() }) }, (input) =>
    text(input.text),
  );
  server.registerTool('big', { inputSchema: z.object({ bytes: z.number() }) }, (input) =>
    text('x'.repeat(input.bytes)),
  );
  server.registerTool('size', { inputSchema: z.object({ text: z.string() }) }, (input) =>
    text(String(input.text.length)),
  );
  server.registerTool(
    'slow',
    { inputSchema: z.object({ milliseconds: z.number(), steps: z.number().default(0) }) },
    async (input, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (let step = 1; step <= input.steps && progressToken !== undefined; step += 1) {
        const params = { progressToken, progress: step, total: input.steps };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
      }
      const { signal } = context.mcpReq;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, input.milliseconds);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      return text(signal.aborted ? 'cancelled' : 'slept');
    },
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the SDK's handler reads of a request whose body was read already. */
function incoming(request: IncomingMessage): NodeIncomingMessageLike {
  const { method = 'GET', url = '/', headers } = request;
  return { method, url, headers, [Symbol.asyncIterator]: () => request[Symbol.asyncIterator]() };
}

/** True where the message carries the 2026-07-28 envelope. */
export function isModern(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('params' in body)) return false;
  const { params } = body;
  if (typeof params !== 'object' || params === null || !('_meta' in params)) return false;
  const meta = params._meta;
  return typeof meta === 'object' && meta !== null && 'io.modelcontextprotocol/protocolVersion' in meta;
}

/** A request of the new era that lacks its envelope is refused there, not taken for one of the old. */
const saysModern = (headers: IncomingHttpHeaders): boolean => String(headers['mcp-protocol-version'] ?? '') >= '2026';

export function answerJson(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
  response.end(typeof refusal.body === 'string' ? refusal.body : JSON.stringify(refusal.body));
}

/** The MCP part alone, to be mounted in any `node:http` server. */
export function createMcpEndpoint(options: McpEndpointOptions = {}): McpEndpoint {
  const era = options.era ?? 'dual';
  const requests: SeenRequest[] = [];
  const sessions = new Map<string, Session>();

  const build = (): McpServer => {
    const server = new McpServer(
      { name: options.name ?? 'loopback-mcp', version: options.version ?? '1.2.3' },
      { capabilities: { logging: {}, tools: { listChanged: true } }, ...options.serverOptions },
    );
    if (!options.bare) registerTools(server);
    options.register?.(server);
    return server;
  };
  const perRequest = createMcpHandler(build, {
    legacy: era === 'stateless' ? 'stateless' : 'reject',
    maxRequestBodySize: MAX_BODY,
  });
  const modernHandler = toNodeHandler(perRequest, { maxRequestBodySize: MAX_BODY });

  const openSession = async (): Promise<Session> => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: MAX_BODY,
      ...(options.eventStore && { eventStore: options.eventStore }),
      ...(options.retryInterval !== undefined && { retryInterval: options.retryInterval }),
      onsessioninitialized: (id) => {
        sessions.set(id, session);
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    const session: Session = { server: build(), transport };
    await session.server.connect(transport);
    return session;
  };

  const handleSession = async (request: IncomingMessage, response: ServerResponse, seen: SeenRequest) => {
    const id = request.headers['mcp-session-id'];
    if (id === undefined && isInitializeRequest(seen.body)) {
      const { transport } = await openSession();
      return transport.handleRequest(request, response, seen.body);
    }
    const session = typeof id === 'string' ? sessions.get(id) : undefined;
    if (session) return session.transport.handleRequest(request, response, seen.body);
    const status = id === undefined ? 400 : 404;
    answerJson(response, { status, body: rpcError(-32_001, status === 404 ? 'Session not found' : 'No session id') });
  };

  return {
    requests,
    async handle(request, response) {
      if (options.guard?.(request, response) === false) return;
      const text = await readBody(request);
      const { method = 'GET', headers } = request;
      const seen: SeenRequest = { method, path: request.url ?? '/', headers, text, body: parse(text) };
      requests.push(seen);
      if (await options.intercept?.(seen, response)) return;
      const refusal = options.authorize?.(headers, seen.body, seen);
      if (refusal) return answerJson(response, refusal);
      if (method === 'POST' && seen.body === undefined) {
        return answerJson(response, { status: 400, body: rpcError(-32_700, 'Parse error') });
      }
      const withSessions = era === 'sessions' || (era === 'dual' && !isModern(seen.body) && !saysModern(headers));
      if (withSessions) return handleSession(request, response, seen);
      if (era === 'stateless' && (method !== 'POST' || isModern(seen.body))) {
        return answerJson(response, { status: method === 'POST' ? 400 : 405, body: rpcError(-32_000, 'Not served') });
      }
      return modernHandler(incoming(request), response, seen.body);
    },
    sessions: () => [...sessions.keys()],
    async forgetSessions() {
      const gone = [...sessions.values()];
      sessions.clear();
      await Promise.all(gone.map((session) => session.server.close()));
    },
    announceTools() {
      for (const { server } of sessions.values()) server.sendToolListChanged();
      perRequest.notify.toolsChanged();
    },
    announcePrompts() {
      for (const { server } of sessions.values()) server.sendPromptListChanged();
      perRequest.notify.promptsChanged();
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => session.server.close()));
      sessions.clear();
      await perRequest.close();
    },
  };
}

export interface RunningMcpServer extends McpEndpoint {
  /** `http://127.0.0.1:PORT/mcp`. */
  readonly url: string;
}

/** Serves one endpoint at every path of a loopback port of its own. */
export async function startMcpServer(
  options: McpEndpointOptions & { readonly port?: number } = {},
): Promise<RunningMcpServer> {
  const endpoint = createMcpEndpoint(options);
  const http = createServer((request, response) => {
    endpoint.handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    ...endpoint,
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await endpoint.close();
      await closed;
    },
  };
}
