/** One request as a service of the sandbox sees it, and as `sandbox.requests` keeps it for assertions. */
import type { IncomingHttpHeaders } from 'node:http';

export interface SandboxRequest {
  /** Service that answered, e.g. `stock-data`. */
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  /** Names in lower case, values as sent: the log holds secrets, and tests look for them there on purpose. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** JSON-RPC methods of the body, in order; empty where it is no JSON-RPC. */
  readonly rpc: readonly string[];
  /** What the body parses to; undefined where it is no JSON. */
  readonly json: unknown;
  /** Status that was answered; 0 where the connection was cut or never answered. */
  status: number;
}

export interface RequestInput {
  readonly service: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export function readRequest(input: RequestInput): SandboxRequest {
  const text = input.body.toString('utf8');
  const json = parseJson(text);
  const request = { ...input, at: Date.now(), path: input.url.pathname, text, json, rpc: rpcMethods(json), status: 0 };
  return request;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function rpcMethods(json: unknown): string[] {
  const messages: readonly unknown[] = Array.isArray(json) ? json : [json];
  return messages.flatMap((message) => {
    const method = fieldOf(message, 'method');
    return fieldOf(message, 'jsonrpc') === '2.0' && typeof method === 'string' ? [method] : [];
  });
}

/** A member of a parsed JSON object; undefined where `value` is none or has none. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** A member that is a string, else undefined. */
export function textOf(value: unknown, name: string): string | undefined {
  const member = fieldOf(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** A request header as one string. */
export function headerOf(request: SandboxRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The credential of `Authorization: Bearer …`. */
export function bearerOf(request: SandboxRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
}

/** The id of the first JSON-RPC message, for error answers; null where there is none. */
export function rpcId(request: SandboxRequest): string | number | null {
  const id = fieldOf(Array.isArray(request.json) ? request.json[0] : request.json, 'id');
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
