/** The MCP side of a service: a real server of the official SDK, which speaks both protocol eras, behind the service's own door. */
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { SandboxRequest } from './request.ts';

export interface ToolSketch {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Names of its text arguments. */
  readonly input: readonly string[];
  /** Needs more than a read-only key. */
  readonly writes?: boolean;
  answer(input: Readonly<Record<string, string>>): unknown;
}

export interface McpSketch {
  readonly name: string;
  readonly version: string;
  readonly tools: readonly ToolSketch[];
  /** Called for each finished `tools/call`. */
  onCall?(tool: string): void;
}

export interface McpDoor {
  /** Hands a request that was let in to the MCP server. */
  serve(request: SandboxRequest): Promise<Response>;
  close(): Promise<void>;
}

export function createMcpDoor(sketch: McpSketch): McpDoor {
  const handler = createMcpHandler(() => buildServer(sketch), { keepAliveMs: 0 });
  return {
    serve: (request) => handler.fetch(webRequest(request)),
    close: () => handler.close(),
  };
}

function buildServer(sketch: McpSketch): McpServer {
  const server = new McpServer({ name: sketch.name, version: sketch.version });
  for (const tool of sketch.tools) {
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: z.object(Object.fromEntries(tool.input.map((name) => [name, z.string()]))),
        annotations: { readOnlyHint: tool.writes !== true },
      },
      (input) => {
        sketch.onCall?.(tool.name);
        return { content: [{ type: 'text', text: JSON.stringify(tool.answer(input)) }] };
      },
    );
  }
  return server;
}

function webRequest(request: SandboxRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  const bodied = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'DELETE';
  return new Request(request.url, {
    method: request.method,
    headers,
    ...(bodied ? { body: new Uint8Array(request.body) } : {}),
  });
}

/** Names of the tools that this request calls. */
export function calledTools(request: SandboxRequest): string[] {
  const messages: readonly unknown[] = Array.isArray(request.json) ? request.json : [request.json];
  return messages.flatMap((message) => CALL.safeParse(message).data?.params.name ?? []);
}

const CALL = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) });
