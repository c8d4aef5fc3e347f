/**
 * An exchange over Node's own HTTP client, seen from outside as one of `fetch`: it costs less than half of the processor's
 * time, which counts where a rotation of a thousand keys makes eight thousand of them. Redirects come back as answers.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Readable } from 'node:stream';

type Client = Pick<typeof import('node:http'), 'Agent' | 'request'>;
type Agent = InstanceType<Client['Agent']>;

/** The Fetch standard asks no port that another protocol uses, all of which are below; that choice stays with `fetch`. */
const LAST_OF_OTHERS = 10_080;
/** Milliseconds for a connection, and for one that waits for its next request: as long as `fetch` takes. */
const CONNECTING = 10_000;
const IDLE = 4_000;
const NO_BODY = [204, 205, 304];

/** Whether `exchangeDirectly` makes this exchange as `fetch` would. */
export function isDirect(input: RequestInfo | URL, { body }: RequestInit): boolean {
  if (input instanceof Request) return false;
  const { port, protocol, username, password } = new URL(input);
  const plain = body === undefined || body === null || typeof body === 'string' || body instanceof URLSearchParams;
  const own = port === '' || Number(port) > LAST_OF_OTHERS;
  return plain && own && /^https?:$/.test(protocol) && username === '' && password === '';
}

/** Throws as `fetch` does: the signal's reason, or a `TypeError` whose cause is the fault. */
export async function exchangeDirectly(url: URL, init: RequestInit): Promise<Response> {
  const { client, agent } = await clientFor(url.protocol);
  // Bytes, since a text would take the headers along into UTF-8.
  const body = init.body === undefined || init.body === null ? undefined : Buffer.from(String(init.body));
  const options: RequestOptions = { agent, method: init.method ?? 'GET', headers: headersOf(init, body) };
  const signal = init.signal ?? undefined;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = client.request(url, options);
    endWith(signal, request);
    limitConnecting(request, url.protocol === 'https:' ? 'secureConnect' : 'connect');
    const failed = (what: string, cause: unknown) => (signal?.aborted ? signal.reason : new TypeError(what, { cause }));
    request.on('error', (cause) => reject(failed('fetch failed', cause)));
    request.once('response', (message) => {
      // What reads it listens for itself, a moment later.
      message.on('error', () => undefined);
      responseOf(url, message, (cause) => failed('terminated', cause)).then(resolve, (cause) => {
        request.destroy();
        reject(failed('fetch failed', cause));
      });
    });
    request.end(body);
  });
}

function endWith(signal: AbortSignal | undefined, request: ClientRequest): void {
  const end = () => void request.destroy();
  signal?.addEventListener('abort', end, { once: true });
  request.once('close', () => signal?.removeEventListener('abort', end));
}

/** `connected` is the event of a connection that can be used. */
function limitConnecting(request: ClientRequest, connected: string): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = setTimeout(() => {
      request.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
    }, CONNECTING);
    for (const event of [connected, 'close']) socket.once(event, () => clearTimeout(late));
  });
}

interface Reach {
  readonly client: Client;
  readonly agent: Agent;
}

const reaches = new Map<string, Promise<Reach>>();

function clientFor(protocol: string): Promise<Reach> {
  const known = reaches.get(protocol);
  if (known) return known;
  const loaded: Promise<Client> = protocol === 'https:' ? import('node:https') : import('node:http');
  const made = loaded.then((client) => ({ client, agent: new client.Agent({ keepAlive: true, timeout: IDLE }) }));
  reaches.set(protocol, made);
  return made;
}

/** Ends every connection, so that nothing keeps the process alive. */
export async function endDirectly(): Promise<void> {
  for (const reach of reaches.values()) (await reach).agent.destroy();
  reaches.clear();
}

function headersOf({ headers, body }: RequestInit, bytes: Buffer | undefined): Record<string, string> {
  const given = new Headers(headers);
  const type =
    body instanceof URLSearchParams ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8';
  return {
    accept: '*/*',
    'accept-encoding': 'gzip',
    'user-agent': 'mcpkey',
    ...(bytes === undefined ? {} : { 'content-type': type, 'content-length': String(bytes.length) }),
    ...Object.fromEntries(given),
  };
}

async function responseOf(url: URL, message: IncomingMessage, failed: (cause: unknown) => unknown): Promise<Response> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const status = message.statusCode ?? 0;
  const empty = NO_BODY.includes(status);
  if (empty) message.resume();
  const body = empty ? null : streamOf(await decoded(message), failed);
  const response = new Response(body, { status, statusText: message.statusMessage ?? '', headers });
  return Object.defineProperty(response, 'url', { value: url.href });
}

async function decoded(message: IncomingMessage): Promise<Readable> {
  if (!/^(?:x-)?gzip$/i.test(message.headers['content-encoding'] ?? '')) return message;
  const [{ createGunzip, constants }, { pipeline }] = await Promise.all([import('node:zlib'), import('node:stream')]);
  // Faults of either end come out of the last one.
  return pipeline(message, createGunzip({ flush: constants.Z_SYNC_FLUSH }), () => undefined);
}

function streamOf(source: Readable, failed: (cause: unknown) => unknown): ReadableStream<Uint8Array> {
  let over = false;
  const finish = (work: () => void): void => {
    if (!over) work();
    over = true;
  };
  return new ReadableStream({
    start(controller) {
      source.on('data', (chunk: Uint8Array) => {
        if (over) return;
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) source.pause();
      });
      // Its end may be on the way already when the answer is let go.
      source.once('end', () => finish(() => controller.close()));
      source.once('error', (cause) => finish(() => controller.error(failed(cause))));
      source.once('close', () => finish(() => controller.error(failed(new Error('the answer broke off')))));
      source.pause();
    },
    pull: () => void source.resume(),
    cancel() {
      over = true;
      source.destroy();
    },
  });
}
