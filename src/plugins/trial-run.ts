/** What the checks of a trial share. */
import { createApi } from '../api.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { ApiAnswer, ApiCall, Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import type { Steps, TrialRow } from './steps.ts';

export interface Trial {
  readonly provider: Provider;
  /** The session's token; undefined where nothing but assisted operations are declared. */
  readonly token: Secret | undefined;
  /** Tells each row as it comes. */
  report(row: TrialRow): void;
}

export interface Run extends Trial {
  readonly context: Context;
  readonly steps: Steps;
  /** Answers so far, to be searched for the secret. */
  readonly answers: { readonly operation: string; readonly answer: ApiAnswer }[];
  readonly call: ApiCall;
}

/** Sends with `token` and never with another. */
export function callWith(context: Context, provider: Provider, token: Secret | undefined): ApiCall {
  const missing = () => new UserError('not_logged_in', 'The trial needs a credential.', { hint: 'Set MCPKEY_TOKEN.' });
  return createApi({
    provider,
    fetch: context.fetch,
    sleep: context.sleep,
    now: context.now,
    options: { timeout: context.options.timeout, maxWait: context.options.maxWait, signal: context.signal },
    accessToken: async (choice) => {
      if (token === undefined || choice?.renew) throw missing();
      return token;
    },
  });
}
