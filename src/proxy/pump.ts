/**
 * stdio ⇄ Streamable HTTP for both protocol eras, without a mind of its own: each message goes on as it was written.
 * What the transport must know is looked at in passing; see MCP 2025-11-25 and 2026-07-28, "Transports".
 */
import { createForwarder, type ForwarderPorts } from './forward.ts';
import { splitLines } from './lines.ts';
import { errorMessage, MAX_MESSAGE, PARSE_ERROR, parseMessages } from './message.ts';
import { createRouter } from './router.ts';

export interface PumpPorts extends ForwarderPorts {
  readonly input: AsyncIterable<Uint8Array>;
  /** Aborted where the end must not wait for stdin: a signal, a closed stdout. The caller destroys `input` then. */
  readonly stop: AbortSignal;
}

/** Milliseconds at the end for requests under way, and for telling the server that the session is over. */
const FINISHING = 2_000;
const LEAVING = 1_000;

/** Resolves when stdin ended (or `stop` was aborted) and everything is put away. */
export async function pump(ports: PumpPorts): Promise<void> {
  const forwarder = createForwarder(ports);
  const router = createRouter(forwarder);
  try {
    for await (const line of splitLines(ports.input, MAX_MESSAGE)) {
      if (ports.stop.aborted) break;
      const messages = line.tooLong ? undefined : parseMessages(line.text);
      if (messages) router.take(line.text, messages);
      else await refuse(ports, line.tooLong ? 'The message is longer than 64 MB.' : 'This is no JSON-RPC message.');
    }
  } catch (error) {
    // A stdin that is destroyed at the end breaks the loop; any other fault is one.
    if (!ports.stop.aborted) throw error;
  }
  await atMost(ports, FINISHING, router.idle());
  await atMost({ sleep: ports.sleep }, LEAVING, forwarder.leave());
  forwarder.end();
}

const refuse = (ports: PumpPorts, message: string): Promise<void> =>
  ports.write(JSON.stringify(errorMessage(null, { code: PARSE_ERROR, message })));

/** Waits for `work`, but no longer than `milliseconds`, and not once `stop` is aborted. */
export async function atMost(
  { sleep, stop }: Pick<PumpPorts, 'sleep'> & { readonly stop?: AbortSignal },
  milliseconds: number,
  work: Promise<unknown>,
): Promise<void> {
  const done = new AbortController();
  const signal = stop ? AbortSignal.any([done.signal, stop]) : done.signal;
  await Promise.race([work, sleep(milliseconds, signal).catch(() => undefined)]);
  done.abort();
}
