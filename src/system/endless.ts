/** Exchanges whose streams may be quiet for hours: Node's `fetch` else ends them after 300 s without a byte. */
import { isLoopback } from '../origins.ts';
import { endDirectly, isDirect } from './direct.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Dispatcher {
  destroy(): Promise<void>;
}

export interface Endless {
  /** For an exchange of `createFetch`: undefined where that needs none, since it waits for as long as it is let. */
  readonly dispatcher: Dispatcher | undefined;
  /** Closes every connection, so that nothing keeps the process alive. */
  end(): Promise<void>;
}

const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

/** For all exchanges with `url`. Obeys the proxy variables; loopback is never proxied. */
export async function createEndless(env: Env, url: URL): Promise<Endless> {
  const proxies = proxiesFor(env, url);
  if (!proxies && isDirect(url, {})) return { dispatcher: undefined, end: endDirectly };
  const dispatcher = await (proxies ? proxied(env, proxies) : ownDispatcher());
  return { dispatcher, end: () => dispatcher.destroy() };
}

interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
}

function proxiesFor(env: Env, url: URL): Proxies | undefined {
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  const named = url.protocol === 'https:' ? httpsProxy || httpProxy : httpProxy;
  return named && !isLoopback(url.hostname) ? { httpProxy, httpsProxy } : undefined;
}

async function proxied(env: Env, proxies: Proxies): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({ ...NO_TIMEOUTS, ...proxies, noProxy: env.no_proxy ?? env.NO_PROXY ?? '' });
}

/**
 * The dispatcher class of Node's own `fetch`, which is not exported: loading the undici package for it would cost as
 * much as the whole rest of the start. It is there once `fetch` was called; a `data:` URL calls no one.
 */
async function ownDispatcher(): Promise<Dispatcher> {
  await fetch('data:,');
  // From Node 26 on, `.1` is a wrapper for callers of the older kind, which cannot be constructed so.
  const names = ['undici.globalDispatcher.2', 'undici.globalDispatcher.1'];
  const current: unknown = names.map((name): unknown => Reflect.get(globalThis, Symbol.for(name))).find(Boolean);
  const made: unknown =
    typeof current === 'object' && current !== null ? Reflect.construct(current.constructor, [NO_TIMEOUTS]) : undefined;
  if (isDispatcher(made)) return made;
  const { Agent } = await import('undici');
  return new Agent(NO_TIMEOUTS);
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
