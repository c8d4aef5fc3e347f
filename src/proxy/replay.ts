import { type ConversationPorts, converse } from './conversation.ts';
import { type DeliveryPorts, deliver } from './deliver.ts';
import { type LegacySession, postHeaders } from './headers.ts';
import type { Message } from './message.ts';
import { answerTo, type Written } from './session.ts';

export interface ReplayPorts extends ConversationPorts {
  readonly delivery: DeliveryPorts;
  readonly signal: AbortSignal;
}

/** Repeats a message of the client's on our own account: its answer is for us, all else is for the client. */
export async function replay(
  ports: ReplayPorts,
  written: Written,
  session: LegacySession | undefined,
): Promise<{ readonly sessionId: string | undefined; readonly answer: Message | undefined }> {
  const { delivery, signal } = ports;
  let sessionId: string | undefined;
  let answer: Message | undefined;
  await converse(ports, {
    headers: postHeaders(written.message, session, delivery.tools),
    body: written.text,
    signal,
    resume: undefined,
    accepted(response) {
      sessionId = response.headers.get('mcp-session-id') ?? undefined;
    },
    async received(text) {
      const found = answerTo(written.message.id, text);
      answer ??= found;
      if (!found) await deliver(delivery, undefined, text);
    },
    complete: () => answer !== undefined || written.message.id === undefined,
  });
  return { sessionId, answer };
}
