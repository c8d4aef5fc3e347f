/** Sends one message of the client and sees that each request in it is answered, whatever happens on the way. */
import type { UserError } from '../errors.ts';
import type { ApiAnswer } from '../providers/types.ts';
import { type Call, type Calls, createCalls } from './calls.ts';
import { type ConversationPorts, converse } from './conversation.ts';
import { type DeliveryPorts, deliver } from './deliver.ts';
import { asRpcError, HttpFailure } from './failure.ts';
import { type LegacySession, legacyHeaders, postHeaders } from './headers.ts';
import { listen } from './listener.ts';
import { errorMessage, type Message, methodOf } from './message.ts';
import { replay } from './replay.ts';
import { answerTo, createSessions, type Sessions, type Written } from './session.ts';
import { createToolHeaders } from './tool-headers.ts';

export interface ForwarderPorts extends ConversationPorts {
  /** Writes one line and resolves when there is room for the next. */
  write(line: string): Promise<void>;
  /** What a refused credential means on this service; `kinds` were asked: methods, and the tool or whatever of it. */
  explain(answer: ApiAnswer, kinds: readonly string[]): UserError;
  /** The server did for the client what `kind` says. */
  granted?(kind: string): void;
  /** One line for a person, on stderr. */
  log(text: string): void;
  /** Asked with each message of an open session: what a person should know by now, if anything. */
  remind(): Promise<string | undefined>;
}

export interface Forwarder {
  readonly calls: Calls;
  readonly sessions: Sessions;
  /** Never rejects. `answered`: each request has its answer; `done`: the server has said all. */
  forward(written: Written, messages: Message | readonly Message[]): Record<'answered' | 'done', Promise<void>>;
  /** Told to the person, and to the client where the server declared that log messages may come. */
  fault(error: unknown): void;
  /** Gives up what is under way and ends the session at the server. */
  leave(): Promise<void>;
  end(): void;
}

/** Everything that the parts of one connection share. */
interface Line {
  readonly ports: ForwarderPorts;
  readonly delivery: DeliveryPorts;
  readonly calls: Calls;
  readonly sessions: Sessions;
  readonly ended: AbortController;
  /** The GET stream of the session in use. */
  listening: AbortController;
  leaving: boolean;
}

/** Milliseconds for the GET stream to be there before the first request. */
const CONNECTING = 1_000;
const LOST = new Error('the server lost the session, and the request was not repeated');
const UNANSWERED = new Error('the server took the request and ended without an answer');

export function createForwarder(ports: ForwarderPorts): Forwarder {
  const calls = createCalls();
  const delivery: DeliveryPorts = { ...ports, calls, tools: createToolHeaders() };
  const sessions = createSessions({
    exchange: (written, session) => replay({ ...ports, delivery, signal: line.ended.signal }, written, session),
    opened: (session) => listenTo(line, session),
  });
  const line: Line = {
    ports,
    delivery,
    calls,
    sessions,
    ended: new AbortController(),
    listening: new AbortController(),
    leaving: false,
  };
  return {
    calls,
    sessions,
    forward: (written, messages) => forward(line, written, messages),
    fault: (error) => say(line, error instanceof Error ? error.message : String(error)),
    leave: () => leave(line),
    end: () => line.ended.abort(),
  };
}

function forward(line: Line, written: Written, messages: Message | readonly Message[]) {
  const call = line.calls.open(messages);
  if (line.sessions.current()) remind(line);
  const done = send(line, call, written, true)
    .then(() => (call.waiting.size > 0 ? answerFailed(line, call, UNANSWERED) : undefined))
    .catch((error: unknown) => answerFailed(line, call, call.controller.signal.reason === LOST ? LOST : error))
    .catch((error: unknown) => line.ports.log(String(error)))
    .finally(() => line.calls.close(call));
  return { done, answered: Promise.race([call.answered, done]) };
}

async function send(line: Line, call: Call, written: Written, mayReopen: boolean): Promise<void> {
  const { text, message } = written;
  const { sessions, delivery } = line;
  const opens = !call.modern && !call.batch && methodOf(message) === 'initialize';
  const session = call.modern || opens ? undefined : sessions.current();
  try {
    await converse(line.ports, {
      headers: postHeaders(call.batch ? undefined : message, session, delivery.tools),
      body: text,
      signal: call.controller.signal,
      resume: call.modern ? undefined : () => legacyHeaders(opens ? sessions.current() : session),
      accepted(response) {
        call.accepted = true;
        if (opens) sessions.named(response.headers.get('mcp-session-id') ?? undefined);
      },
      async received(received) {
        const answer = opens ? answerTo(message.id, received) : undefined;
        if (answer) sessions.answered(answer);
        await deliver(delivery, call, received);
      },
      complete: () => call.waiting.size === 0,
    });
  } catch (error) {
    const isLost = error instanceof HttpFailure && error.answer.status === 404 && session?.id !== undefined;
    if (!isLost || !mayReopen || !(await reopen(line, session))) throw error;
    await send(line, call, written, false);
  }
}

/** A new session in place of one that the server forgot. What the old one was working on will never be answered. */
async function reopen({ calls, sessions }: Line, lost: LegacySession): Promise<boolean> {
  const orphans = sessions.current() === lost ? [...calls.all].filter((call) => call.accepted && !call.modern) : [];
  const opened = await sessions.reopen(lost);
  for (const call of orphans) call.controller.abort(LOST);
  return opened;
}

/**
 * Opens the GET stream, and waits until it is there (or is known not to come): a server that asks the client something
 * before it is open may drop the question. Some servers send no headers before the first event; hence the bound.
 */
async function listenTo(line: Line, session: LegacySession): Promise<void> {
  line.listening.abort();
  if (line.leaving) return;
  const listening = new AbortController();
  line.listening = listening;
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, CONNECTING);
    const ports = {
      ...line.ports,
      received: (text: string) => deliver(line.delivery, undefined, text),
      lost: async (gone: LegacySession) => void (await reopen(line, gone)),
      connected() {
        clearTimeout(late);
        resolve();
      },
    };
    listen(ports, session, listening.signal).catch((error: unknown) => say(line, String(error)));
  });
}

async function answerFailed(line: Line, call: Call, error: unknown): Promise<void> {
  if (line.leaving) return;
  const waiting = [...call.waiting.values()];
  const kinds = waiting.map(({ kind }) => kind);
  const reason = asRpcError(error, (answer) => line.ports.explain(answer, kinds));
  for (const { id } of waiting) line.calls.settle(call, id);
  if (waiting.length > 0) {
    const errors = waiting.map(({ id }) => errorMessage(id, reason));
    await line.ports.write(JSON.stringify(call.batch ? errors : errors[0]));
  } else if (!call.controller.signal.aborted && !call.answerable) {
    // A notification, or an answer of the client: nobody waits for an error.
    say(line, `a message was not delivered: ${reason.message}`);
  }
}

function remind(line: Line): void {
  line.ports.remind().then(
    (text) => text === undefined || say(line, text, 'warning'),
    // It is about the key, not about this message, which goes on.
    (error: unknown) => line.ports.log(String(error)),
  );
}

function say(line: Line, text: string, level: 'error' | 'warning' = 'error'): void {
  if (line.leaving) return;
  line.ports.log(text);
  if (!line.sessions.declaresLogging) return;
  const params = { level, logger: 'mcpkey', data: text };
  // A stdout that is gone ends the proxy by itself.
  line.ports.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params })).catch(() => undefined);
}

async function leave(line: Line): Promise<void> {
  line.leaving = true;
  line.listening.abort();
  for (const call of line.calls.all) call.controller.abort();
  const session = line.sessions.current();
  if (session?.id === undefined) return;
  const headers = legacyHeaders(session);
  // 405: clients cannot end sessions there. A server that is not there has ended it already.
  await line.ports.exchange.send({ method: 'DELETE', headers, signal: line.ended.signal }).then(
    (response) => response.body?.cancel(),
    () => undefined,
  );
}
