/** A dispatcher for streams that may be quiet for hours: Node's `fetch` else ends them after 300 s without a byte. */
import { isLoopback } from '../origins.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface EndlessDispatcher {
  /** Closes every connection, so that nothing keeps the process alive. */
  destroy(): Promise<void>;
}

const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

/** To be handed to `fetch` as `dispatcher`. Obeys the proxy variables; loopback is never proxied. */
export async function createEndlessDispatcher(env: Env, url: URL): Promise<EndlessDispatcher> {
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  const proxied = url.protocol === 'https:' ? httpsProxy || httpProxy : httpProxy;
  if (!proxied || isLoopback(url.hostname)) return ownDispatcher();
  const { EnvHttpProxyAgent } = await import('undici');
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  return new EnvHttpProxyAgent({ ...NO_TIMEOUTS, httpProxy, httpsProxy, noProxy });
}

/**
 * The dispatcher class of Node's own `fetch`, which is not exported: loading the undici package for it would cost as
 * much as the whole rest of the start. It is there once `fetch` was called; a `data:` URL calls no one.
 */
async function ownDispatcher(): Promise<EndlessDispatcher> {
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

function isDispatcher(value: unknown): value is EndlessDispatcher {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
