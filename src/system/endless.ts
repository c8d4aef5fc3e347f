/** A `fetch` for streams that may be quiet for hours: no time-out for headers or body, and no redirect followed. */

type Env = Readonly<Record<string, string | undefined>>;

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

export interface EndlessFetch {
  readonly fetch: typeof fetch;
  /** Closes every connection, so that nothing keeps the process alive. */
  close(): Promise<void>;
}

interface ClosableDispatcher {
  destroy(): Promise<void>;
}

/** Obeys the proxy variables; loopback is never proxied. */
export async function createEndlessFetch(env: Env): Promise<EndlessFetch> {
  const dispatcher = PROXY_VARIABLES.some((name) => env[name]) ? await proxyDispatcher(env) : await ownDispatcher();
  return {
    fetch: (input, init) => fetch(input, { ...init, redirect: 'manual', dispatcher } as RequestInit),
    close: () => dispatcher.destroy(),
  };
}

async function proxyDispatcher(env: Env): Promise<ClosableDispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  const noProxy = [env.NO_PROXY ?? env.no_proxy ?? '', 'localhost', '127.0.0.1', '::1'].filter((host) => host !== '');
  return new EnvHttpProxyAgent({ ...NO_TIMEOUTS, noProxy: noProxy.join(',') });
}

/**
 * The dispatcher class of Node's own `fetch`, which is not exported: loading the undici package for it would cost as
 * much as the whole rest of the start. It is there once `fetch` was called; a `data:` URL calls no one.
 */
async function ownDispatcher(): Promise<ClosableDispatcher> {
  await fetch('data:,');
  const current: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  const made: unknown =
    typeof current === 'object' && current !== null ? Reflect.construct(current.constructor, [NO_TIMEOUTS]) : undefined;
  if (isClosable(made)) return made;
  const { Agent } = await import('undici');
  return new Agent(NO_TIMEOUTS);
}

function isClosable(value: unknown): value is ClosableDispatcher {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
