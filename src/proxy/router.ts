/** In which order the client's messages go out: `initialize` and `initialized` first, all else side by side. */
import { cancelledId } from './calls.ts';
import type { Forwarder } from './forward.ts';
import { asList, isBatch, isResponse, type Message, methodOf, modernVersion } from './message.ts';

export interface Router {
  /** Returns at once. */
  take(text: string, messages: Message | readonly Message[]): void;
  /** Resolves when every request that was taken is answered; subscriptions are not waited for. */
  idle(): Promise<void>;
}

export function createRouter(forwarder: Forwarder): Router {
  const { calls, sessions } = forwarder;
  let gate: Promise<void> = Promise.resolve();
  const ordered = (work: () => Promise<void>): void => {
    gate = gate.then(work).catch(forwarder.fault);
  };
  return {
    take(text, messages) {
      const [message = {}] = asList(messages);
      const written = { text, message };
      const method = isBatch(messages) ? undefined : methodOf(message);
      const legacy = modernVersion(message) === undefined;
      if (legacy && method === 'initialize') {
        ordered(() => {
          sessions.begin(written);
          return forwarder.forward(written, messages).answered;
        });
      } else if (legacy && method === 'notifications/initialized') {
        ordered(async () => {
          await forwarder.forward(written, messages).done;
          await sessions.confirmed(written);
        });
      } else if (!isBatch(messages) && isResponse(message)) {
        // The server may be waiting for it before it answers `initialize`.
        forwarder.forward(written, messages);
      } else {
        gate.then(() => {
          const modern = method === 'notifications/cancelled' && calls.cancel(cancelledId(message))?.modern === true;
          // Closing the stream is how a 2026-07-28 request is cancelled; the notification has no place there.
          if (!modern) forwarder.forward(written, messages);
        }, forwarder.fault);
      }
    },
    async idle() {
      await gate;
      await calls.idle();
    },
  };
}
