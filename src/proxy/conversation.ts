/** One POST and everything that comes back for it: JSON, a stream, a stream that is resumed (MCP 2025-11-25, Resumability). */
import { UserError } from '../errors.ts';
import { mediaType, readAnswer, readBody } from './body.ts';
import type { Exchange, HttpRequest } from './exchange.ts';
import { HttpFailure } from './failure.ts';
import { errorOf, isObject } from './message.ts';
import { readEvents, type StreamState } from './sse.ts';

export interface Conversation {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** Headers of the GET that resumes a broken stream; undefined where nothing can be resumed (2026-07-28). */
  readonly resume: (() => Readonly<Record<string, string>>) | undefined;
  /** The answer's headers came with success. */
  accepted(response: Response): void;
  /** JSON text of one message or batch. */
  received(text: string): Promise<void>;
  /** True where nothing is waited for any more. */
  complete(): boolean;
}

export interface ConversationPorts {
  readonly exchange: Exchange;
  /** Rejects when `signal` is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Milliseconds before a stream is asked for again, where the server names none. */
export const DEFAULT_RETRY = 1_000;
const MAX_RETRY = 30_000;
/** Attempts in a row that fail before a resumption is given up. */
const MAX_FAILURES = 5;

/** Resolves when the server has said all. Throws `HttpFailure` for an answer that is no success, else what went wrong. */
export async function converse(ports: ConversationPorts, talk: Conversation): Promise<void> {
  const request: HttpRequest = { method: 'POST', headers: talk.headers, body: talk.body, signal: talk.signal };
  for (let mayRepeat = true; ; mayRepeat = false) {
    const response = await ports.exchange.send(request);
    if (!response.ok) throw new HttpFailure(await readAnswer(response));
    if (mediaType(response) === 'text/event-stream' && response.body) {
      talk.accepted(response);
      return readStream(ports, talk, response.body);
    }
    const text = await readBody(response);
    if (mayRepeat && isRefusal(text) && (await ports.exchange.renew(response))) continue;
    talk.accepted(response);
    if (text.trim() === '') return;
    if (mediaType(response) !== 'application/json' && !/^\s*[[{]/.test(text)) throw notJson(response, text);
    return talk.received(text);
  }
}

/** Some services answer a refused credential with HTTP 200 and the status as the JSON-RPC error's code. */
function isRefusal(text: string): boolean {
  if (text.length > 10_000 || !text.includes('401')) return false;
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) && errorOf(message)?.code === 401;
  } catch {
    return false;
  }
}

function notJson(response: Response, text: string): HttpFailure {
  const { status, headers, url } = response;
  return new HttpFailure({ status, headers, url, text, body: undefined });
}

async function readStream(
  ports: ConversationPorts,
  talk: Conversation,
  first: ReadableStream<Uint8Array>,
): Promise<void> {
  const state: StreamState = { lastEventId: undefined, retry: undefined };
  let body: ReadableStream<Uint8Array> | undefined = first;
  for (let failures = 0; ; ) {
    const broken: unknown = body && (await readToEnd(body, state, talk));
    if (talk.complete()) return;
    if (talk.signal.aborted || !talk.resume || state.lastEventId === undefined || failures >= MAX_FAILURES) {
      throw broken ?? new UserError('unreachable', 'The server ended the stream without an answer.');
    }
    await ports.sleep(Math.min((state.retry ?? DEFAULT_RETRY) * 2 ** failures, MAX_RETRY), talk.signal);
    const { exchange } = ports;
    const headers = { ...talk.resume(), accept: 'text/event-stream', 'last-event-id': state.lastEventId };
    const response = await exchange.send({ method: 'GET', headers, signal: talk.signal }).catch(onlyUnreachable);
    if (response && !response.ok) throw new HttpFailure(await readAnswer(response));
    failures = response ? 0 : failures + 1;
    body = response?.body ?? undefined;
  }
}

/** What broke the stream, or undefined for one that ended. A fault of ours or a message past the bound is thrown. */
async function readToEnd(body: ReadableStream<Uint8Array>, state: StreamState, talk: Conversation): Promise<unknown> {
  try {
    await readEvents(body, state, (data) => talk.received(data));
    return undefined;
  } catch (error) {
    if (error instanceof UserError) throw error;
    return error;
  }
}

function onlyUnreachable(error: unknown): undefined {
  if (error instanceof UserError && error.code === 'unreachable') return undefined;
  throw error;
}
