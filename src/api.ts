/** A provider's HTTP: authorises, renews the session once, retries what is safe to repeat, obeys limits, bounds answers. */
import { type AnswerReader, createExchange } from './api/exchange.ts';
import type { Gate } from './api/gate.ts';
import { UserError } from './errors.ts';
import { isLoopback } from './origins.ts';
import { retryAfterOf } from './providers/rate-limits.ts';
import type { ApiAnswer, ApiCall, ApiRequest, Provider } from './providers/types.ts';
import type { Secret } from './secret.ts';
import { mayPass } from './system/network-faults.ts';

export interface ApiOptions {
  /** Milliseconds for each attempt; 30 s where absent. */
  readonly timeout?: number | undefined;
  /** Longest wait that a limit may ask for, in milliseconds; 60 s where absent. */
  readonly maxWait?: number | undefined;
  /** 3 where absent. */
  readonly attempts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiParts {
  readonly provider: Provider;
  readonly fetch: typeof fetch;
  /** The session's token; with `renew`, another one than before, or `not_logged_in`. */
  accessToken(choice?: { renew?: boolean }): Promise<Secret>;
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  readonly options?: ApiOptions | undefined;
  note?(line: string): void;
  /** From 0 to 1; for the jitter of back-offs. */
  random?(): number;
  /** Shared by all who send to this service at once. */
  readonly gate?: Gate | undefined;
}

const TIMEOUT = 30_000;
const MAX_WAIT = 60_000;
const ATTEMPTS = 3;
/** First back-off, in ms; doubled with each attempt, half of it by chance. */
const BACK_OFF = 500;

/** True where the request may have been carried out although no usable answer came: look before making it again. */
export const isUnanswered = (error: unknown): error is UserError => error instanceof UserError && error.unanswered;

export function createApi(parts: ApiParts): ApiCall {
  const { provider, options = {} } = parts;
  const read = createExchange({
    provider,
    fetch: parts.fetch,
    timeout: options.timeout ?? TIMEOUT,
    signal: options.signal,
  });
  return async (request) => {
    checkTarget(provider, request);
    return repeated(parts, request, read);
  };
}

/** A credential goes to the profile's origin alone, and in clear to this machine alone. */
function checkTarget(provider: Provider, request: ApiRequest): void {
  const url = new URL(request.url);
  const { url: base, allowHttp } = provider.settings;
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new UserError('usage', `${url.origin} is plain http: a credential would travel in clear.`, {
      provider: provider.id,
      hint: 'Use https, or allow it for this profile with --allow-http.',
    });
  }
  if (request.authorization !== 'none' && (base === undefined || new URL(base).origin !== url.origin)) {
    throw new UserError('bad_response', `${url.origin} is not the origin of this profile: no credential goes there.`, {
      provider: provider.id,
    });
  }
}

async function repeated(parts: ApiParts, request: ApiRequest, read: AnswerReader): Promise<ApiAnswer> {
  const attempts = parts.options?.attempts ?? ATTEMPTS;
  const authorised = createAuthorised(parts, request, read);
  for (let attempt = 1; ; attempt += 1) {
    await parts.gate?.enter();
    const outcome = await settled(authorised());
    const wait = waitAfter(parts, request, outcome, attempt);
    if (wait === undefined || attempt >= attempts) {
      if ('error' in outcome) throw outcome.error;
      return outcome.answer;
    }
    parts.note?.(
      `attempt ${attempt} of ${attempts}: ${reasonOf(outcome)}; the next in ${Math.round(wait / 100) / 10} s`,
    );
    if ('answer' in outcome && outcome.answer.status === 429) parts.gate?.hold(wait);
    await parts.sleep(wait);
  }
}

type Outcome = { readonly answer: ApiAnswer } | { readonly error: UserError };

async function settled(answer: Promise<ApiAnswer>): Promise<Outcome> {
  try {
    return { answer: await answer };
  } catch (error) {
    if (error instanceof UserError) return { error };
    throw error;
  }
}

const reasonOf = (outcome: Outcome) => ('error' in outcome ? outcome.error.message : `HTTP ${outcome.answer.status}`);

/** Sends with the session's token, and once more with a new one where the old is refused. */
function createAuthorised(parts: ApiParts, request: ApiRequest, read: AnswerReader): () => Promise<ApiAnswer> {
  if (request.authorization === 'none') return () => read(request, undefined);
  let token: Secret | undefined;
  let renewed = false;
  return async () => {
    token ??= await parts.accessToken();
    const answer = await read(request, token);
    if (answer.status !== 401 || renewed) return answer;
    renewed = true;
    const fresh = await renewedToken(parts);
    if (fresh === undefined || fresh.reveal() === token.reveal()) return answer;
    token = fresh;
    return read(request, token);
  };
}

/** A session that cannot be renewed leaves the service's own refusal as the answer. */
async function renewedToken(parts: ApiParts): Promise<Secret | undefined> {
  try {
    return await parts.accessToken({ renew: true });
  } catch (error) {
    if (error instanceof UserError && (error.code === 'not_logged_in' || error.code === 'invalid_token'))
      return undefined;
    throw error;
  }
}

/**
 * Milliseconds to wait before the next attempt, or undefined where there is to be none. A 429 was not carried out, so
 * even what makes something may be sent again; after a lost answer or a failure only what is repeatable.
 */
function waitAfter(parts: ApiParts, request: ApiRequest, outcome: Outcome, attempt: number): number | undefined {
  const backOff = BACK_OFF * 2 ** (attempt - 1) * (0.5 + 0.5 * (parts.random ?? Math.random)());
  if ('error' in outcome) return request.repeatable && isLost(outcome.error) ? backOff : undefined;
  const { status, headers } = outcome.answer;
  if (status !== 429 && (status < 500 || !request.repeatable)) return undefined;
  const asked =
    status === 429 || status === 503 ? retryAfterOf(parts.provider.manifest, headers, parts.now()) : undefined;
  if (asked === undefined) return backOff;
  const wait = asked * 1_000 + backOff / 4;
  return asked * 1_000 > (parts.options?.maxWait ?? MAX_WAIT) ? undefined : wait;
}

/** The network failed, before or in the middle of the answer. */
const isLost = (error: UserError) => mayPass(error.cause);
