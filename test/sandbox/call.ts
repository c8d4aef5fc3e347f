/** How the sandbox's own tests talk to it: plain fetch, JSON in and out. */
import { z } from 'zod';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed JSON (of an event stream: its first event); undefined where it is neither. */
  readonly body: unknown;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly form?: Record<string, string>;
}

export async function call(url: string, options: CallOptions = {}): Promise<Answered> {
  const body = options.form === undefined ? undefined : new URLSearchParams(options.form);
  const sent = options.json === undefined ? body : JSON.stringify(options.json);
  const response = await fetch(url, {
    method: options.method ?? (sent === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    headers: { ...(options.json === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): unknown {
  const event = /^data: (.+)$/m.exec(text)?.[1];
  try {
    return JSON.parse(event ?? text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** One JSON-RPC request of the legacy era to an MCP endpoint. */
export function rpc(
  url: string,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  return call(url, {
    json: { jsonrpc: '2.0', id: 7, method, params },
    headers: { accept: 'application/json, text/event-stream', ...headers },
  });
}

export const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'sandbox-test', version: '0' },
};

/** Reads an answer by a schema; the test fails where it has another shape. */
export function read<T extends z.ZodType>(schema: T, answered: Answered): z.infer<T> {
  return schema.parse(answered.body);
}

export const RPC_ERROR = z.object({
  id: z.union([z.number(), z.null()]),
  error: z.object({
    code: z.number(),
    message: z.string(),
    data: z.object({ errorType: z.string(), message: z.string() }).optional(),
  }),
});

export const RPC_TOOLS = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });

export const toolNames = (answered: Answered): string[] =>
  read(RPC_TOOLS, answered).result.tools.map((tool) => tool.name);
