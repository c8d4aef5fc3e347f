/** Asks again what failed for a moment only: a limit whose wait is short, a server that is away. */
import { UserError } from '../errors.ts';
import { mayPass } from '../system/network-faults.ts';
import { retryAfter } from './retry-after.ts';

/** How long a login is kept trying; absent: every request is sent once. */
export interface Patience {
  /** In all. */
  readonly attempts: number;
  /** Longest wait that a limit may ask for, in ms. */
  readonly maxWait: number;
  /** Ends with `Cancelled` where the command is interrupted. */
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
}

type Answer = Pick<Response, 'status' | 'headers'>;

/** First pause in ms where the server names none; doubled with each attempt. */
const BACK_OFF = 500;

/**
 * Sends until there is an answer to go on with, or the last failure. `repeatable`: sending it twice does no harm. A 429 was not carried out, so anything is sent again after it; after a
 * lost answer or a failure of the server only what is repeatable (a refresh token used twice ends the login).
 */
export async function patiently<T extends Answer>(
  patience: Patience | undefined,
  repeatable: boolean,
  send: () => Promise<T>,
): Promise<T> {
  if (!patience) return send();
  const { attempts, maxWait } = patience;
  for (let attempt = 1; ; attempt += 1) {
    const last = attempt >= attempts;
    const answer = await send().catch((error: unknown) => {
      if (last || !repeatable || !isLost(error)) throw error;
      return undefined;
    });
    if (answer && (last || !isPassing(answer.status, repeatable))) return answer;
    const asked = answer && retryAfter(answer.headers, patience.now());
    if (answer && (asked ?? 0) * 1_000 > maxWait) return answer;
    await patience.sleep(asked === undefined ? BACK_OFF * 2 ** (attempt - 1) : asked * 1_000);
  }
}

/** The network failed, before or in the middle of the answer. */
const isLost = (error: unknown) => error instanceof UserError && mayPass(error.cause);

const isPassing = (status: number, repeatable: boolean) => status === 429 || (status >= 500 && repeatable);
