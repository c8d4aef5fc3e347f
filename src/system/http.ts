/** The only `fetch` of mcpkey: obeys proxy variables and `--timeout`, follows no redirect, tells one line an exchange. */
import { isLoopback } from '../origins.ts';
import { redact } from '../secret.ts';
import { exchangeDirectly, isDirect } from './direct.ts';

export interface FetchOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds for an exchange, its body included; absent: none. */
  readonly timeout?: number | undefined;
  /** One line an exchange, for `--verbose`. */
  readonly note?: ((line: string) => void) | undefined;
  /** Where a server asks for a certificate of ours, or has one of an authority of its own. */
  readonly tls?: ClientTls | undefined;
}

/** Texts in PEM. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

type Dispatcher = NonNullable<unknown>;

/**
 * A `fetch` that ends with the caller's signal or after `timeout`, whichever comes first. Where a request brings a
 * `dispatcher` of its own, undefined for none, neither proxy nor timeout is added. Redirects come back as answers. Nothing is loaded
 * before the first request, and undici only where a proxy is to be used.
 */
export function createFetch(options: FetchOptions): typeof fetch {
  const dispatcher = createDispatchers(options);
  return async (input, init = {}) => {
    const own = 'dispatcher' in init;
    const url = new URL(input instanceof Request ? input.url : input);
    const chosen = own ? undefined : await dispatcher(url);
    const caller = init.signal ?? (input instanceof Request ? input.signal : undefined);
    const limit: Limit = own ? { signal: caller } : limited(options.timeout, caller);
    const { signal } = limit;
    const request = {
      ...init,
      redirect: 'manual' as const,
      ...(chosen ? { dispatcher: chosen } : {}),
      ...(signal ? { signal } : {}),
    };
    const method = init.method ?? (input instanceof Request ? input.method : 'GET');
    const direct = !chosen && !('dispatcher' in init && init.dispatcher) && isDirect(input, init);
    const exchange = () => (direct ? exchangeDirectly(url, request) : fetch(input, request));
    const response = await noted(options, method, url, exchange);
    if (limit.end) limits.set(response, limit.end);
    return response;
  };
}

const limits = new WeakMap<Response, () => void>();

/** The answer was read: its time is not counted any more. What is never let go is when its time is over. */
export const letGo = (response: Response): void => limits.get(response)?.();

async function noted(
  options: FetchOptions,
  method: string,
  url: URL,
  exchange: () => Promise<Response>,
): Promise<Response> {
  if (!options.note) return exchange();
  const started = performance.now();
  const told = (what: string) =>
    options.note?.(redact(`${method} ${url.href} ${what} (${Math.round(performance.now() - started)} ms)`));
  try {
    const response = await exchange();
    told(String(response.status));
    return response;
  } catch (error) {
    told(`failed: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

interface Limit {
  readonly signal: AbortSignal | null | undefined;
  end?(): void;
}

/** `AbortSignal.any` of a timeout may be collected before it fires (Node 20), so the two are joined by hand. */
function limited(timeout: number | undefined, caller: AbortSignal | null | undefined): Limit {
  if (timeout === undefined) return { signal: caller };
  const controller = new AbortController();
  const forget = caller ? follow(caller, controller) : undefined;
  const timer = setTimeout(() => {
    forget?.();
    controller.abort(new DOMException('it took too long', 'TimeoutError'));
  }, timeout);
  timer.unref();
  const end = () => {
    clearTimeout(timer);
    forget?.();
  };
  return { signal: controller.signal, end };
}

const followers = new WeakMap<AbortSignal, Set<AbortController>>();

/** One listener for all that end with a signal: thousands of exchanges hang on the command's own. Returns how to let go. */
function follow(signal: AbortSignal, controller: AbortController): () => void {
  const known = followers.get(signal);
  const all = known ?? new Set();
  if (!known) {
    followers.set(signal, all);
    signal.addEventListener('abort', () => {
      for (const each of all) each.abort(signal.reason);
      all.clear();
    });
  }
  if (signal.aborted) controller.abort(signal.reason);
  else all.add(controller);
  return () => all.delete(controller);
}

/** Chooses the dispatcher of a URL: the proxy's where the environment names one, else Node's own. */
function createDispatchers({ env, tls }: FetchOptions): (url: URL) => Promise<Dispatcher | undefined> {
  const httpProxy = env.http_proxy || env.HTTP_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY;
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  const connect = tls && Object.fromEntries(Object.entries(tls).filter(([, text]) => text !== undefined));
  let agent: Promise<Dispatcher> | undefined;
  let direct: Promise<Dispatcher> | undefined;
  return async (url) => {
    const named = url.protocol === 'https:' ? (httpsProxy ?? httpProxy) : httpProxy;
    if (!named || isLoopback(url.hostname)) {
      if (connect) direct ??= import('undici').then(({ Agent }) => new Agent({ connect }));
      return direct;
    }
    const proxies = { httpProxy: httpProxy ?? '', httpsProxy: httpsProxy ?? '', noProxy };
    agent ??= import('undici').then(
      ({ EnvHttpProxyAgent }) =>
        new EnvHttpProxyAgent(connect ? { ...proxies, connect, requestTls: connect } : proxies),
    );
    return agent;
  };
}
