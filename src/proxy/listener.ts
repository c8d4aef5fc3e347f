/** The GET stream of a legacy session: what a server says unasked. Opened again for as long as the session lives. */

import { UserError } from '../errors.ts';
import { mediaType } from './body.ts';
import { type ConversationPorts, DEFAULT_RETRY } from './conversation.ts';
import { type LegacySession, legacyHeaders } from './headers.ts';
import { readEvents, type StreamState } from './sse.ts';

export interface ListenerPorts extends ConversationPorts {
  received(text: string): Promise<void>;
  /** The server does not know the session any more. */
  lost(session: LegacySession): Promise<void>;
  /** The server has answered, whatever it said: what it says from now on is heard, or never will be. */
  connected(): void;
  log(text: string): void;
}

const MAX_RETRY = 30_000;

/** Resolves when the server has no such stream, refuses it, lost the session, or `signal` is aborted. */
export async function listen(ports: ListenerPorts, session: LegacySession, signal: AbortSignal): Promise<void> {
  const state: StreamState = { lastEventId: undefined, retry: undefined };
  for (let failures = 0; !signal.aborted; ) {
    const outcome = await listenOnce(ports, session, state, signal);
    ports.connected();
    if (outcome === 'over') return;
    failures = outcome === 'heard' ? 0 : failures + 1;
    const wait = Math.min((state.retry ?? DEFAULT_RETRY) * 2 ** Math.max(0, failures - 1), MAX_RETRY);
    await ports.sleep(wait, signal).catch(() => undefined);
  }
}

async function listenOnce(
  ports: ListenerPorts,
  session: LegacySession,
  state: StreamState,
  signal: AbortSignal,
): Promise<'over' | 'heard' | 'silent'> {
  let heard = false;
  try {
    const resumed = state.lastEventId === undefined ? {} : { 'last-event-id': state.lastEventId };
    const headers = { ...legacyHeaders(session), accept: 'text/event-stream', ...resumed };
    const response = await ports.exchange.send({ method: 'GET', headers, signal });
    ports.connected();
    if (response.ok && response.body && mediaType(response) === 'text/event-stream') {
      await readEvents(response.body, state, (data) => {
        heard = true;
        return ports.received(data);
      });
      return heard ? 'heard' : 'silent';
    }
    await response.body?.cancel();
    if (response.status === 404 && session.id !== undefined) await ports.lost(session);
    else if (response.status >= 500) return 'silent';
    else if (response.status === 401 || response.status === 403) {
      ports.log(`the server refuses to send notifications (HTTP status ${response.status})`);
    }
    return 'over';
  } catch (error) {
    // A connection that broke is made again; a redirect or a credential that cannot be read ends the stream.
    if (signal.aborted) return 'over';
    if (!(error instanceof UserError) || error.code === 'unreachable') return heard ? 'heard' : 'silent';
    ports.log(`no notifications from the server: ${error.message}`);
    return 'over';
  }
}
