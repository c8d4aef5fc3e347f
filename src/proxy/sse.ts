/** Server-sent events (WHATWG HTML, 9.2) of a response, one JSON-RPC message an event. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { UserError } from '../errors.ts';
import { MAX_MESSAGE } from './message.ts';

/** What a stream leaves behind for its resumption. */
export interface StreamState {
  lastEventId: string | undefined;
  /** Milliseconds that the server asks to wait before the next connection. */
  retry: number | undefined;
}

/**
 * Hands each event's data to `onData`, one after the other, and reads on only when it is done: the peer feels our
 * back pressure. Resolves at the stream's end; rejects with what broke it. Comments, empty data and other event types
 * are passed over.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  state: StreamState,
  onData: (data: string) => Promise<void>,
): Promise<void> {
  const events: EventSourceMessage[] = [];
  let tooLong = false;
  const parser = createParser({
    maxBufferSize: MAX_MESSAGE,
    onEvent: (event) => {
      events.push(event);
    },
    onRetry: (milliseconds) => {
      state.retry = milliseconds;
    },
    onError: (error) => {
      tooLong ||= error.type === 'max-buffer-size-exceeded';
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parser.feed(decoder.decode(next.value, { stream: true }));
      if (tooLong) throw new UserError('bad_response', 'The server sent a message of more than 64 MB.');
      for (const event of events.splice(0)) {
        if (event.id) state.lastEventId = event.id;
        if (event.data !== '' && (event.event ?? 'message') === 'message') await onData(event.data);
      }
    }
  } finally {
    // Lets go of the connection where the loop was left early; a stream that ended or broke has nothing to cancel.
    reader.cancel().catch(() => undefined);
  }
}
