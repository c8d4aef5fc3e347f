/** What comes from the server on its way to the client: handed on as written, but for three things that the transport owes. */

import type { UserError } from '../errors.ts';
import type { ApiAnswer } from '../providers/types.ts';
import type { Call, Calls } from './calls.ts';
import { hinted } from './failure.ts';
import {
  asList,
  errorOf,
  idKey,
  isBatch,
  isObject,
  isResponse,
  type Message,
  onOneLine,
  parseMessages,
  resultOf,
} from './message.ts';
import type { ToolHeaders } from './tool-headers.ts';

export interface DeliveryPorts {
  readonly calls: Calls;
  readonly tools: ToolHeaders;
  write(line: string): Promise<void>;
  /** What a refused credential means on this service, and what to do; `kinds` were asked. */
  explain(answer: ApiAnswer, kinds: readonly string[]): UserError;
  /** What the server did for the client. */
  granted?(kind: string): void;
  log(text: string): void;
}

/**
 * Hands on one JSON text of the server. Changed are alone: an error without the id of the one request that waits, the
 * message of a 401 or 403, and a `tools/list` with tools that the transport must not offer.
 */
export async function deliver(ports: DeliveryPorts, call: Call | undefined, text: string): Promise<void> {
  const messages = parseMessages(text);
  if (!messages) {
    ports.log('the server sent something that is no JSON-RPC message; it was left out');
    return;
  }
  const list = asList(messages);
  const changed = list.map((message) => (isResponse(message) ? response(ports, call, message) : message));
  const same = changed.every((message, index) => message === list[index]);
  await ports.write(same ? onOneLine(text) : JSON.stringify(isBatch(messages) ? changed : changed[0]));
}

function response(ports: DeliveryPorts, call: Call | undefined, message: Message): Message {
  const addressed = withId(call, message);
  const request = ports.calls.settle(call, addressed.id);
  if (request && isGranted(addressed)) ports.granted?.(request.kind);
  if (request?.method === 'tools/list' && call?.modern) return withoutInvalidTools(ports, addressed);
  return withHint(ports, addressed, request?.kind);
}

const isGranted = (message: Message): boolean => {
  const result = resultOf(message);
  return result !== undefined && result.isError !== true;
};

/** An error under null or an id of the server's own, where one request waits, can only mean that one. */
function withId(call: Call | undefined, message: Message): Message {
  if (call?.waiting.size !== 1 || call.waiting.has(idKey(message.id)) || !('error' in message)) return message;
  const [only] = call.waiting.values();
  return only ? { ...message, id: only.id } : message;
}

/** Adds mcpkey's advice to the message of a refusal; code and data stay the server's. */
function withHint(ports: DeliveryPorts, message: Message, kind?: string): Message {
  const error = errorOf(message);
  if (!error || (error.code !== 401 && error.code !== 403) || !isObject(message.error)) return message;
  const answer = { status: error.code, headers: new Headers(), body: message, text: '', url: '' };
  const hint = ports.explain(answer, kind === undefined ? [] : [kind]).hint;
  return hint === undefined
    ? message
    : { ...message, error: { ...message.error, message: hinted(error.message, hint) } };
}

function withoutInvalidTools(ports: DeliveryPorts, message: Message): Message {
  const result = resultOf(message);
  const invalid = result ? ports.tools.learn(result) : [];
  if (!result || invalid.length === 0 || !Array.isArray(result.tools)) return withHint(ports, message, 'tools/list');
  for (const { name, reason } of invalid) ports.log(`the tool "${name}" is left out: ${reason}`);
  const names = new Set<unknown>(invalid.map((tool) => tool.name));
  const tools = result.tools.filter((tool) => !isObject(tool) || !names.has(tool.name));
  return { ...message, result: { ...result, tools } };
}
