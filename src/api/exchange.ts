/** One exchange of a key API: the request as HTTP, redirects, the bounded answer, its JSON. */
import { Cancelled, UserError } from '../errors.ts';
import { describeBody } from '../providers/diagnose.ts';
import type { SecurityScheme } from '../providers/manifest.ts';
import type { ApiAnswer, ApiRequest, Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { letGo } from '../system/http.ts';
import { isBrokenOff, networkFault } from '../system/network-faults.ts';
import { typed } from '../typed.ts';
import { BodyTooLong, readBounded } from './body.ts';

/** Throws `unreachable`, `bad_response`, `Cancelled`; a `UserError` with `unanswered` where it may have been carried out. */
export type AnswerReader = (request: ApiRequest, token: Secret | undefined) => Promise<ApiAnswer>;

export interface ExchangeParts {
  readonly provider: Provider;
  readonly fetch: typeof fetch;
  /** Milliseconds, body included. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_REDIRECTS = 5;

export function createExchange(parts: ExchangeParts): AnswerReader {
  return async (request, token) => {
    const headers = headersOf(parts.provider, request, token);
    const clock = startClock(parts);
    let answered = false;
    try {
      const response = await send(parts, request, {
        ...bodyOf(request),
        method: request.method,
        headers,
        signal: clock.signal,
      });
      answered = true;
      const text = await readBounded(response, MAX_BYTES).finally(() => letGo(response));
      return checkJson(parts.provider, request, {
        status: response.status,
        headers: response.headers,
        text,
        body: parseJson(text),
        url: request.url,
      });
    } catch (error) {
      throw explain(parts, request, error, answered);
    } finally {
      clock.stop();
    }
  };
}

/** Ends the exchange after its time, or with the command. */
function startClock({ timeout, signal }: ExchangeParts): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const cancel = () => controller.abort(new Cancelled());
  const timer = setTimeout(() => controller.abort(new DOMException('it took too long', 'TimeoutError')), timeout);
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    },
  };
}

/** Follows redirects within the origin, where method and body stay the same; nowhere else. */
async function send(parts: ExchangeParts, request: ApiRequest, init: RequestInit): Promise<Response> {
  let url = new URL(request.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await parts.fetch(url, { ...init, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    url = redirectTarget(parts.provider, request, response.status, location, url);
  }
  throw badRedirect(parts.provider, `${url.origin} redirects in a circle.`);
}

function redirectTarget(provider: Provider, request: ApiRequest, status: number, location: string, from: URL): URL {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target?.origin !== from.origin) {
    const where = target ? target.origin : 'an address that is none';
    throw badRedirect(
      provider,
      `${from.origin} redirects to ${where}: not followed, the credential belongs to ${from.origin}.`,
    );
  }
  if (request.method !== 'GET' && status !== 307 && status !== 308) {
    throw badRedirect(provider, `${from.origin} redirects a ${request.method} with HTTP ${status}: not followed.`);
  }
  return target;
}

const badRedirect = (provider: Provider, message: string) =>
  new UserError('bad_response', message, {
    provider: provider.id,
    hint: typed`If the service has moved: mcpkey profile set ${profileOf(provider)} --url URL`,
  });

const profileOf = ({ settings }: Provider): string => settings.profile ?? 'PROFILE';

function headersOf(provider: Provider, request: ApiRequest, token: Secret | undefined): Headers {
  const headers = new Headers({ accept: 'application/json', 'user-agent': 'mcpkey' });
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
  if (request.body?.type === 'json') headers.set('content-type', 'application/json');
  if (token) {
    const [name, value] = credentialHeader(provider.manifest.security, token);
    headers.set(name, value);
  }
  return headers;
}

function credentialHeader(security: SecurityScheme | undefined, token: Secret): [name: string, value: string] {
  const value = token.reveal();
  // `Headers` would put what it refuses into its error.
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new UserError('invalid_token', 'The token has characters that no header can carry.');
  if (security?.type === 'apiKey') return [security.name, value];
  if (security?.scheme === 'basic') return ['authorization', `Basic ${Buffer.from(value).toString('base64')}`];
  return ['authorization', `Bearer ${value}`];
}

function bodyOf({ body }: ApiRequest): Pick<RequestInit, 'body'> {
  if (!body) return {};
  return { body: body.type === 'json' ? JSON.stringify(body.value) : new URLSearchParams(body.value) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A success that is no JSON comes from something else than the service: a captive portal, a proxy, another program. */
function checkJson(provider: Provider, request: ApiRequest, answer: ApiAnswer): ApiAnswer {
  const success = answer.status >= 200 && answer.status <= 299;
  if (!success || answer.text === '' || answer.body !== undefined) return answer;
  throw new UserError(
    'bad_response',
    `${new URL(request.url).origin} answered no whole JSON: ${describeBody(answer)}.`,
    {
      provider: provider.id,
      status: answer.status,
      hint: typed`Is --url the service itself?   mcpkey profile show ${profileOf(provider)}`,
      unanswered: !request.repeatable,
    },
  );
}

function explain({ provider, signal }: ExchangeParts, request: ApiRequest, error: unknown, answered: boolean): unknown {
  if (signal?.aborted || error instanceof Cancelled) return new Cancelled();
  const { origin } = new URL(request.url);
  const about = { provider: provider.id, unanswered: !request.repeatable, cause: error };
  if (error instanceof BodyTooLong) {
    return new UserError('bad_response', `The answer of ${origin} is longer than 32 MB: not read.`, {
      ...about,
      hint: typed`Is --url the service itself?   mcpkey profile show ${profileOf(provider)}`,
    });
  }
  const fault = networkFault(error);
  if (!fault) return error;
  if (answered && isBrokenOff(error)) {
    return new UserError('bad_response', `The answer of ${origin} broke off before its end.`, {
      ...about,
      hint: 'Try again.',
    });
  }
  const unanswered = fault.sent && !request.repeatable;
  return new UserError('unreachable', `${origin} could not be reached: ${fault.what}.`, {
    ...about,
    unanswered,
    hint: fault.hint,
  });
}
