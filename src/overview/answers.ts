/** Whether the endpoints answer to the keys that are placed here. */
import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import { probeCredential } from '../keys/check.ts';
import { resolveCredential } from '../keys/credential.ts';
import { pause } from '../system/pause.ts';

export interface Answer {
  /** Null where nothing was asked: a local server is not started for this. */
  readonly ok: boolean | null;
  /** Why not, in one line. */
  readonly error: string | null;
  /** The answer is still to come. */
  readonly pending: boolean;
}

export const NOT_ASKED: Answer = { ok: null, error: null, pending: false };
export const PENDING: Answer = { ok: null, error: null, pending: true };

/**
 * One probe a ref, side by side, over within `patience` ms. `onAnswer` hears of each as it comes.
 */
export async function askAll(
  context: Context,
  refs: readonly string[],
  { patience, onAnswer }: { patience: number; onAnswer(ref: string, answer: Answer): void },
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Cancelled()), patience);
  const brief = inHaste(context, AbortSignal.any([context.signal, late.signal]));
  const tooLate = new Promise<Answer>((resolve) => {
    late.signal.addEventListener('abort', () => resolve(failed(`No answer within ${patience / 1_000} s.`)));
  });
  const asked = [...new Set(refs)].map(async (ref) => {
    onAnswer(ref, await Promise.race([ask(brief, ref), tooLate]));
  });
  await Promise.all(asked).finally(() => clearTimeout(timer));
  context.signal.throwIfAborted();
}

const failed = (error: string): Answer => ({ ok: false, error, pending: false });

/** The same context for someone who waits: nothing is asked twice, no limit is waited for, all ends with `signal`. */
function inHaste(context: Context, signal: AbortSignal): Context {
  const accessToken: Context['accessToken'] = (profile, choice) =>
    context.accessToken(profile, { ...choice, attempts: 1 });
  return Object.create(context, {
    signal: { value: signal },
    sleep: { value: (milliseconds: number) => pause(milliseconds, signal) },
    options: { value: { ...context.options, maxWait: 0 } },
    accessToken: { value: accessToken },
  });
}

async function ask(context: Context, ref: string): Promise<Answer> {
  try {
    const credential = await resolveCredential(context, ref);
    if (credential.access === undefined) return NOT_ASKED;
    const { ok, error } = await probeCredential(context, credential);
    return { ok, error: error?.message ?? null, pending: false };
  } catch (error) {
    if (error instanceof UserError) return failed(error.message);
    // Too late, or Ctrl-C: whoever waited is told so elsewhere.
    if (error instanceof Cancelled) return failed('interrupted');
    throw error;
  }
}
