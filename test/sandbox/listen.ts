/** One loopback server: reads a request, logs it, lets faults strike, writes the answer. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv4 } from 'node:net';
import { canned, type FaultAction, type Faults, withControlCharacters } from './faults.ts';
import { noteSecret } from './given-out.ts';
import { readRequest, type SandboxRequest } from './request.ts';

/** Answers one request; undefined means that no answer ever comes. */
export type Handler = (request: SandboxRequest) => Promise<Response | undefined>;

export interface ListenOptions {
  readonly service: string;
  readonly log: SandboxRequest[];
  readonly faults: Faults;
  /** Milliseconds before each answer. */
  readonly latency: number;
  /** 0 (any) unless told. */
  readonly port?: number | undefined;
}

export interface Listening {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts the server on 127.0.0.1. `makeHandler` gets the origin, which pages and metadata must name. */
export async function listen(
  options: ListenOptions,
  makeHandler: (origin: string) => Handler | Promise<Handler>,
): Promise<Listening> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const origin = originOf(server);
  const handler = await makeHandler(origin);
  server.on('request', (incoming, outgoing) => {
    serve({ ...options, origin, handler }, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.destroyed || outgoing.headersSent) return outgoing.destroy();
      outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  return { origin, close: () => closeServer(server) };
}

function originOf(server: Server): string {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string' || !isIPv4(address.address)) {
    throw new Error('the sandbox listens on TCP alone');
  }
  return `http://127.0.0.1:${address.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Serving extends ListenOptions {
  readonly origin: string;
  readonly handler: Handler;
}

async function serve(serving: Serving, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const request = readRequest({
    service: serving.service,
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', serving.origin),
    headers: incoming.headers,
    body: Buffer.concat(chunks),
  });
  serving.log.push(request);
  for (const name of ['authorization', 'x-api-key']) {
    for (const value of [incoming.headers[name] ?? []].flat()) noteSecret(value.replace(/^\w+ /, ''));
  }
  const action = serving.faults.take(request);
  if (serving.latency > 0) await pause(serving.latency);
  await (action === undefined ? answer(serving, request, outgoing) : strike(action, serving, request, outgoing));
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function answer(serving: Serving, request: SandboxRequest, outgoing: ServerResponse): Promise<void> {
  const response = await serving.handler(request);
  if (response !== undefined) await send(request, outgoing, response);
}

async function send(request: SandboxRequest, outgoing: ServerResponse, response: Response): Promise<void> {
  request.status = response.status;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) return void outgoing.end();
  const reader = response.body.getReader();
  outgoing.once('close', () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (!outgoing.write(value)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      outgoing.off('drain', go).off('close', go);
      resolve();
    };
    outgoing.on('drain', go).on('close', go);
  });
}

type Strike = (serving: Serving, request: SandboxRequest, outgoing: ServerResponse) => Promise<void>;

async function strike(action: FaultAction, ...on: Parameters<Strike>): Promise<void> {
  const [serving, request, outgoing] = on;
  switch (action.kind) {
    case 'never':
      return;
    case 'reset':
      return reset(outgoing);
    case 'delay':
      await pause(action.milliseconds);
      return answer(...on);
    case 'lost':
      await serving.handler(request);
      return reset(outgoing);
    case 'spoiled':
      await serving.handler(request);
      return send(request, outgoing, canned({ kind: 'answer', status: action.status, body: { error: 'failed' } }));
    case 'silent':
      await serving.handler(request);
      return;
    case 'huge':
      return sendHuge(request, outgoing, action.bytes ?? 50 * 1024 * 1024);
    case 'truncated':
      return sendTruncated(await serving.handler(request), request, outgoing, action.cut === true);
    case 'reshape':
      return send(request, outgoing, await changed(await serving.handler(request), action.change));
    case 'control-characters':
      return send(request, outgoing, await changed(await serving.handler(request), withControlCharacters));
    default:
      return send(request, outgoing, canned(action));
  }
}

async function changed(response: Response | undefined, change: (body: unknown) => unknown): Promise<Response> {
  if (response === undefined) throw new Error('this request is never answered, so its answer cannot be changed');
  const body: unknown = JSON.parse(await response.text());
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return new Response(JSON.stringify(change(body)), { status: response.status, headers });
}

async function sendTruncated(
  response: Response | undefined,
  request: SandboxRequest,
  outgoing: ServerResponse,
  cut: boolean,
): Promise<void> {
  const whole = Buffer.from((await response?.arrayBuffer()) ?? new ArrayBuffer(0));
  const half = whole.subarray(0, Math.ceil(whole.length / 2));
  request.status = response?.status ?? 200;
  outgoing.writeHead(request.status, {
    'content-type': 'application/json',
    'content-length': cut ? whole.length : half.length,
  });
  if (cut) outgoing.write(half, () => outgoing.destroy());
  else outgoing.end(half);
}

/** An array of short texts, valid JSON to its very end, so that only the size is wrong with it. */
async function sendHuge(request: SandboxRequest, outgoing: ServerResponse, bytes: number): Promise<void> {
  const piece = Buffer.from(`"${'x'.repeat(1021)}",`);
  request.status = 200;
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.write('[');
  for (let sent = 0; sent < bytes && !outgoing.destroyed; sent += piece.length) {
    if (!outgoing.write(piece)) await drained(outgoing);
  }
  outgoing.end('""]');
}

/** RST instead of FIN where the platform can, so that the caller sees ECONNRESET and no empty answer. */
function reset(outgoing: ServerResponse): Promise<void> {
  const socket = outgoing.socket;
  if (socket === null || socket.destroyed) return Promise.resolve();
  socket.resetAndDestroy();
  return Promise.resolve();
}
