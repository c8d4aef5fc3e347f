/** Request headers of the Streamable HTTP transport, by the era of each message. */
import { type Message, methodOf, modernVersion, paramsOf } from './message.ts';
import { encodeHeaderValue, type ToolHeaders } from './tool-headers.ts';

/** What a legacy server handed out at `initialize`. */
export interface LegacySession {
  readonly id: string | undefined;
  /** Negotiated version; undefined until `initialize` was answered. */
  readonly version: string | undefined;
}

/** MCP 2026-07-28, Streamable HTTP, "Standard request headers": which parameter `Mcp-Name` repeats. */
const NAME_PARAMETER: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

export const ACCEPT_BOTH = 'application/json, text/event-stream';

/** A version that a server names is sent back as a header, and only where it can be one (RFC 9110, section 5.5). */
export const canBeHeader = (version: string): boolean => /^[\x21-\x7e]+$/.test(version);

/** Headers of a legacy message: session id and negotiated version, where there are any. */
export function legacyHeaders(session: LegacySession | undefined): Record<string, string> {
  return {
    ...(session?.id !== undefined && { 'mcp-session-id': session.id }),
    ...(session?.version !== undefined && canBeHeader(session.version) && { 'mcp-protocol-version': session.version }),
  };
}

/** Headers of a 2026-07-28 message: all of them repeat what stands in the body; no session. */
export function modernHeaders(message: Message, version: string, tools: ToolHeaders): Record<string, string> {
  const method = methodOf(message);
  if (method === undefined) return { 'mcp-protocol-version': version };
  const params = paramsOf(message);
  const name = params[NAME_PARAMETER.get(method) ?? ''];
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': encodeHeaderValue(name) }),
    ...(method === 'tools/call' && typeof name === 'string' && tools.headersOf(name, params.arguments)),
  };
}

/** Headers of any POST, without the credential's. */
export function postHeaders(
  message: Message | undefined,
  session: LegacySession | undefined,
  tools: ToolHeaders,
): Record<string, string> {
  const version = message && modernVersion(message);
  return {
    accept: ACCEPT_BOTH,
    'content-type': 'application/json',
    ...(message && version !== undefined ? modernHeaders(message, version, tools) : legacyHeaders(session)),
  };
}
