/** The proxy of one credential: its endpoint on one side, two byte streams on the other. */
import type { Readable, Writable } from 'node:stream';
import type { Context } from '../context.ts';
import { retell, type UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import type { ApiAnswer } from '../providers/types.ts';
import { createEndless } from '../system/endless.ts';
import { generationOf } from '../system/generation.ts';
import { stayMemoryLean } from '../system/memory.ts';
import { filled } from '../typed.ts';
import { withNeededScope } from './challenge.ts';
import type { Denials } from './denials.ts';
import { createReminder } from './ending.ts';
import { endpointOf } from './endpoint.ts';
import { createExchange } from './exchange.ts';
import { atMost, pump } from './pump.ts';

export interface ServePorts {
  readonly context: Pick<Context, 'env' | 'fetch' | 'now' | 'signal'>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** One line for a person, on stderr. */
  log(text: string): void;
  /** When the key ends, as it is known now; null: never, or unknown. */
  endsAt(): Promise<string | null>;
  /** Hears what each refusal means, and what was done. */
  readonly denials?: Denials;
}

/** Milliseconds at the end for a reader that is slower than we are. */
const FLUSHING = 2_000;

/** Resolves when stdin ended, stdout was closed, or the command was interrupted. Throws as `endpointOf` does. */
export async function serveProxy(credential: Credential, ports: ServePorts): Promise<void> {
  const { context, stdin, stdout, log } = ports;
  const access = endpointOf(credential);
  stayMemoryLean();
  const { dispatcher, end } = await createEndless(context.env, new URL(access.url));
  const stop = stopper(ports);
  const output = lineWriter(stdout);
  try {
    await pump({
      input: stdin,
      write: output.write,
      exchange: createExchange({
        access,
        credential,
        // Node's `fetch` takes a dispatcher that its types (the browser's) do not know.
        fetch: (input, init) => context.fetch(input, Object.assign({}, init, { dispatcher })),
        generation: generationOf,
        now: context.now,
        sleep: (milliseconds) => sleep(milliseconds, stop.signal).catch(() => undefined),
        log,
      }),
      explain(answer, kinds) {
        const meaning = meaningOf(credential, answer);
        ports.denials?.refused(meaning, kinds).catch((error: unknown) => log(String(error)));
        return meaning;
      },
      granted: (kind) => void ports.denials?.granted(kind).catch((error: unknown) => log(String(error))),
      remind: createReminder({ ref: credential.ref, endsAt: ports.endsAt, now: context.now }),
      log,
      sleep,
      stop: stop.signal,
    });
    // Answers that wait for a slow reader are not dropped, unless there is none any more.
    if (!stop.signal.aborted) await atMost({ sleep, stop: stop.signal }, FLUSHING, output.flushed());
  } finally {
    stop.end();
    stdin.destroy();
    await end();
  }
}

/** With the scopes that are asked for, and the names in what to do next. */
function meaningOf({ provider, kind, profile, ref }: Credential, answer: ApiAnswer): UserError {
  const meaning = withNeededScope(provider.diagnoseMcp(answer, kind), answer.headers);
  const { hint } = meaning;
  return hint === undefined ? meaning : retell(meaning, { hint: filled(hint, { profile: profile.name, ref }) });
}

/** Ends the loop over stdin on a signal or when nobody reads stdout any more. */
function stopper({ context, stdin, stdout }: ServePorts): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
    stdin.destroy();
  };
  stdout.on('error', stop);
  stdout.on('close', stop);
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  return {
    signal: controller.signal,
    end() {
      stdout.off('error', stop);
      stdout.off('close', stop);
      context.signal.removeEventListener('abort', stop);
    },
  };
}

interface LineWriter {
  /** Resolves when there is room for the next line: each writer waits while the reader is slower than we are. */
  write(line: string): Promise<void>;
  /** Resolves when every line was handed over. */
  flushed(): Promise<void>;
}

function lineWriter(stdout: Writable): LineWriter {
  let draining: Promise<void> | undefined;
  const room = async (): Promise<void> => {
    while (draining) await draining;
  };
  const events = ['drain', 'close', 'error'] as const;
  return {
    async write(line) {
      await room();
      if (!stdout.writable || stdout.write(`${line}\n`)) return;
      draining = new Promise<void>((resolve) => {
        const done = (): void => {
          for (const event of events) stdout.off(event, done);
          draining = undefined;
          resolve();
        };
        for (const event of events) stdout.on(event, done);
      });
      await draining;
    },
    flushed: room,
  };
}

/** Rejects as soon as `signal` is aborted. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('stopped'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
