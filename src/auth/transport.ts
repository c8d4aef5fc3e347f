import { Cancelled, UserError } from '../errors.ts';
import { isLoopback } from '../origins.ts';

/** Documents of discovery, registrations and key sets are small; what is longer is not one of them. */
const MAX_BYTES = 1024 * 1024;

export interface AuthPorts {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the body is no JSON. */
  readonly body: unknown;
}

/** Throws `usage` for an address that is neither https nor, on loopback or with `--allow-http`, http. */
export function checkAddress(address: string, allowHttp: boolean): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:') return url;
  if (url?.protocol === 'http:' && (allowHttp || isLoopback(url.hostname))) return url;
  if (url?.protocol !== 'http:') throw new UserError('bad_response', `"${address}" is no http or https address.`);
  throw new UserError('usage', `${url.origin} is not https, so credentials would travel readable.`, {
    hint: 'Use https, or --allow-http for a network that you trust.',
  });
}

/** `fetch` that follows no redirect, refuses readable transport, and ends with the command. */
export function guardedFetch(
  ports: AuthPorts,
  allowHttp: boolean,
): (url: string, init?: RequestInit) => Promise<Response> {
  return async (address, init = {}) => {
    const url = checkAddress(address, allowHttp);
    const signal = init.signal ? AbortSignal.any([ports.signal, init.signal]) : ports.signal;
    return ports.fetch(url, { ...init, redirect: 'manual', signal });
  };
}

/** One exchange of a small JSON document. Throws `unreachable`, `bad_response` (too long), `Cancelled`. */
export async function exchangeJson(
  ports: AuthPorts,
  allowHttp: boolean,
  url: string,
  init?: RequestInit,
): Promise<JsonAnswer> {
  try {
    const response = await guardedFetch(ports, allowHttp)(url, init);
    const text = await readBounded(response, url);
    return { status: response.status, headers: response.headers, body: parseJson(text) };
  } catch (error) {
    throw networkError(error, ports.signal, url);
  }
}

/** The whole body as text. Throws `bad_response` past 1 MB. */
export async function readBounded(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES)
      throw new UserError('bad_response', `The answer of ${new URL(url).origin} is longer than 1 MB.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What `fetch` threw as a person's error: `unreachable` with the innermost reason, or `Cancelled`. */
export function networkError(error: unknown, signal: AbortSignal, url: string): unknown {
  if (signal.aborted) return new Cancelled();
  if (error instanceof UserError || error instanceof Cancelled) return error;
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  if (!timedOut && !(error instanceof TypeError)) return error;
  const reason = timedOut ? 'it did not answer in time' : innermost(error);
  return new UserError('unreachable', `${new URL(url).origin} could not be reached: ${reason}.`, {
    hint: 'Check the address, the network and the proxy variables.',
    cause: error,
  });
}

function innermost(error: Error): string {
  let current: Error = error;
  while (current.cause instanceof Error) current = current.cause;
  return current.message.replace(/\.$/, '');
}

/** Seconds that `Retry-After` (RFC 9110 §10.2.3) names, in either form. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
