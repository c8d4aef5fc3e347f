/** The session of a legacy server: opened by the client's `initialize`, opened again by replaying it when it is gone. */

import type { LegacySession } from './headers.ts';
import { asList, idKey, type Message, parseMessages, resultOf } from './message.ts';

/** A message as the client wrote it. */
export interface Written {
  readonly text: string;
  readonly message: Message;
}

export interface SessionPorts {
  /** Sends one message; `session` undefined means without any. Resolves with what came back under `awaited`. */
  exchange(
    written: Written,
    session: LegacySession | undefined,
  ): Promise<{ readonly sessionId: string | undefined; readonly answer: Message | undefined }>;
  /** Called with each new session once it may be used; what it promises is waited for before any other message. */
  opened(session: LegacySession): Promise<void>;
}

export interface Sessions {
  current(): LegacySession | undefined;
  /** The client's own `initialize` passes: forgets the session before it. */
  begin(initialize: Written): void;
  /** Its answer's headers, and its answer. */
  named(id: string | undefined): void;
  answered(answer: Message): void;
  /** The client's own `notifications/initialized` was taken. */
  confirmed(initialized: Written): Promise<void>;
  /** Opens a session in place of `lost`; one attempt for all who ask. False where it cannot be had. */
  reopen(lost: LegacySession): Promise<boolean>;
  /** The server said at `initialize` that it sends log messages. */
  readonly declaresLogging: boolean;
}

export function createSessions(ports: SessionPorts): Sessions {
  let session: LegacySession | undefined;
  let initialize: Written | undefined;
  let initialized: Written | undefined;
  let declaresLogging = false;
  let reopening: Promise<boolean> | undefined;
  let replays = 0;

  const take = (id: string | undefined, answer: Message | undefined): boolean => {
    const result = answer && resultOf(answer);
    if (!result) return false;
    session = { id, version: typeof result.protocolVersion === 'string' ? result.protocolVersion : undefined };
    const { capabilities } = result;
    declaresLogging = typeof capabilities === 'object' && capabilities !== null && 'logging' in capabilities;
    return true;
  };
  const replay = async (): Promise<boolean> => {
    if (!initialize) return false;
    replays += 1;
    const { text, message } = withId(initialize, `mcpkey-initialize-${replays}`);
    const { sessionId, answer } = await ports.exchange({ text, message }, undefined);
    if (!take(sessionId, answer) || !session) return false;
    if (initialized) await ports.exchange(initialized, session);
    await ports.opened(session);
    return true;
  };
  return {
    current: () => session,
    begin(written) {
      initialize = written;
      initialized = undefined;
      session = undefined;
    },
    named(id) {
      session = { id, version: session?.version };
    },
    answered(answer) {
      take(session?.id, answer);
    },
    async confirmed(written) {
      initialized = written;
      if (session) await ports.opened(session);
    },
    reopen(lost) {
      if (session !== lost && session !== undefined) return Promise.resolve(true);
      reopening ??= replay().finally(() => {
        reopening = undefined;
      });
      return reopening;
    },
    get declaresLogging() {
      return declaresLogging;
    },
  };
}

function withId(written: Written, id: string): Written {
  const message = { ...written.message, id };
  return { text: JSON.stringify(message), message };
}

/** The answer to `id` among what a JSON text holds. */
export function answerTo(id: unknown, text: string): Message | undefined {
  const messages = parseMessages(text);
  return (
    messages && asList(messages).find((each) => 'id' in each && !('method' in each) && idKey(each.id) === idKey(id))
  );
}
