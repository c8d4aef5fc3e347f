/** JSON-RPC 2.0 messages as they pass by: looked at, never rewritten but where mcpkey itself must answer. */

/** Bound of one message in characters (design: 64 MB an MCP message). */
export const MAX_MESSAGE = 64 * 1024 * 1024;

/** Any JSON object. What is not looked at stays as the peer wrote it. */
export type Message = Readonly<Record<string, unknown>>;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** MCP 2026-07-28: each request names its protocol version here; its presence tells the era. */
const VERSION_META = 'io.modelcontextprotocol/protocolVersion';

/** JSON-RPC's own code for text that is no JSON; ids are unknown then. */
export const PARSE_ERROR = -32_700;
/** The proxy could not get an answer. `data.status` is the HTTP status where there was one. */
export const NO_ANSWER = -32_000;
/** The credential was refused and the server sent no error of its own. */
export const UNAUTHORIZED = -32_001;

export function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One message, a batch (2025-03-26 alone has them), or undefined for text that is neither. */
export function parseMessages(text: string): Message | readonly Message[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (Array.isArray(value)) return value.every(isObject) ? value : undefined;
  return isObject(value) ? value : undefined;
}

export function asList(messages: Message | readonly Message[]): readonly Message[] {
  return isBatch(messages) ? messages : [messages];
}

export function isBatch(messages: Message | readonly Message[]): messages is readonly Message[] {
  return Array.isArray(messages);
}

export function methodOf(message: Message): string | undefined {
  return typeof message.method === 'string' ? message.method : undefined;
}

export function isRequest(message: Message): boolean {
  return methodOf(message) !== undefined && message.id !== undefined && message.id !== null;
}

export function isResponse(message: Message): boolean {
  return methodOf(message) === undefined && ('result' in message || 'error' in message);
}

export function paramsOf(message: Message): Message {
  return isObject(message.params) ? message.params : {};
}

export function resultOf(message: Message): Message | undefined {
  return isObject(message.result) ? message.result : undefined;
}

export function errorOf(message: Message): RpcError | undefined {
  const { error } = message;
  if (!isObject(error)) return undefined;
  const code = typeof error.code === 'number' ? error.code : 0;
  const text = typeof error.message === 'string' ? error.message : '';
  return { code, message: text, ...('data' in error && { data: error.data }) };
}

/** The version that a message of the 2026-07-28 era names, or undefined for a legacy one. */
export function modernVersion(message: Message): string | undefined {
  const meta = paramsOf(message)._meta;
  const version = isObject(meta) ? meta[VERSION_META] : undefined;
  return typeof version === 'string' ? version : undefined;
}

/** Ids of different types never collide: `1` and `"1"` are two. */
export function idKey(id: unknown): string {
  return JSON.stringify(id) ?? '';
}

export function errorMessage(id: unknown, error: RpcError): Message {
  return { jsonrpc: '2.0', id: id ?? null, error };
}

/**
 * JSON text on one line. Raw line ends can only stand between tokens of valid JSON (RFC 8259, section 7), so the text
 * itself is kept, with numbers as the peer wrote them.
 */
export function onOneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
}
