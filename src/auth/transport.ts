import { Cancelled, UserError } from '../errors.ts';
import { isLoopback } from '../origins.ts';
import { isBrokenOff, networkFault } from '../system/network-faults.ts';
import { type Patience, patiently } from './patience.ts';

/** Documents of discovery, registrations and key sets are small; what is longer is not one of them. */
const MAX_BYTES = 1024 * 1024;

const MAX_REDIRECTS = 5;

export interface AuthPorts {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly patience?: Patience | undefined;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the body is no JSON. */
  readonly body: unknown;
  /** Where a redirect leads that was not followed. */
  readonly redirect?: string | undefined;
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

/**
 * One exchange of a small JSON document. A request that is no GET is sent again only where it is `repeatable`.
 * Throws `unreachable`, `bad_response` (too long), `Cancelled`.
 */
export async function exchangeJson(
  ports: AuthPorts,
  allowHttp: boolean,
  url: string,
  { repeatable, ...init }: RequestInit & { readonly repeatable?: boolean } = {},
): Promise<JsonAnswer> {
  return patiently(ports.patience, repeatable ?? init.method === undefined, async () => {
    try {
      const { response, redirect } = await followed(guardedFetch(ports, allowHttp), url, init);
      const text = await readBounded(response, url);
      return { status: response.status, headers: response.headers, body: parseJson(text), redirect };
    } catch (error) {
      throw networkError(error, ports.signal, url);
    }
  });
}

/** Follows redirects within the origin, where method and body stay the same; nowhere else. */
async function followed(
  send: ReturnType<typeof guardedFetch>,
  address: string,
  init: RequestInit,
): Promise<{ response: Response; redirect?: string }> {
  let url = address;
  for (let hops = 0; ; hops += 1) {
    const response = await send(url, init);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return { response };
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
    const same = target?.origin === new URL(url).origin;
    const keeps = init.method === undefined || response.status === 307 || response.status === 308;
    if (!target || !same || !keeps || hops >= MAX_REDIRECTS) return { response, redirect: target?.href ?? location };
    await response.body?.cancel();
    url = target.href;
  }
}

/** The whole body as text. Throws `bad_response` past 1 MB, and where it breaks off. */
export async function readBounded(response: Response, url: string): Promise<string> {
  try {
    return await readWhole(response, url);
  } catch (error) {
    if (error instanceof UserError || !isBrokenOff(error)) throw error;
    const message = `The answer of ${new URL(url).origin} broke off before its end.`;
    throw new UserError('bad_response', message, { hint: 'Try again.', cause: error });
  }
}

async function readWhole(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new UserError('bad_response', `The answer of ${new URL(url).origin} is longer than 1 MB: not read.`, {
        hint: 'Is that the address of a login server?   mcpkey profile show',
      });
    }
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

/** What `fetch` threw as a person's error: `unreachable` with its reason, or `Cancelled`. */
export function networkError(error: unknown, signal: AbortSignal, url: string): unknown {
  if (signal.aborted) return new Cancelled();
  if (error instanceof UserError || error instanceof Cancelled) return error;
  const fault = networkFault(error);
  if (!fault) return error;
  return new UserError('unreachable', `${new URL(url).origin} could not be reached: ${fault.what}.`, {
    hint: fault.hint,
    cause: error,
  });
}
