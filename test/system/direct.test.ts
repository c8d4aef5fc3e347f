import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createListener, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { exchangeDirectly, isDirect } from '../../src/system/direct.ts';
import { networkFault } from '../../src/system/network-faults.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Seen {
  readonly url: URL;
  /** Connections that were made. */
  readonly connections: () => number;
  readonly server: Server;
}

async function serve(answer: Answer): Promise<Seen> {
  let connections = 0;
  const server = createServer(answer).on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/path?query=1`), connections: () => connections, server };
}

const echo: Answer = async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const { method, url, headers } = request;
  response.setHeader('x-twice', ['a', 'b']);
  response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(parts).toString() }));
};

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What both must answer alike: Node's `fetch`, which is the measure, and the exchange of our own. */
describe.each([
  ['fetch', (url: URL, init: RequestInit) => fetch(url, { ...init, redirect: 'manual' })],
  ['exchangeDirectly', exchangeDirectly],
] as const)('an exchange by %s', (_name, exchange) => {
  it.each([
    ['GET', undefined, undefined],
    ['POST', 'a text: é', 'text/plain;charset=UTF-8'],
    ['POST', new URLSearchParams({ a: 'b c' }), 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['DELETE', '{}', 'text/plain;charset=UTF-8'],
    ['POST', undefined, undefined],
  ])('sends %s with %s', async (method, body, type) => {
    const { url } = await serve(echo);
    const response = await exchange(url, {
      method,
      headers: { 'X-Own': 'é' },
      ...(body === undefined ? {} : { body }),
    });
    const text = body === undefined ? '' : String(body);
    const seen = await response.json();
    expect(seen).toMatchObject({ method, url: '/path?query=1', body: text, headers: { 'x-own': 'é' } });
    expect(seen.headers['content-type']).toBe(type);
    expect(seen.headers['transfer-encoding']).toBeUndefined();
    if (method !== 'GET') expect(seen.headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect([response.status, response.statusText, response.url]).toEqual([200, 'OK', url.href]);
    expect(response.headers.get('x-twice')).toBe('a, b');
  });

  it('lets headers of the caller stand', async () => {
    const { url } = await serve(echo);
    const headers = new Headers({ accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'me' });
    const { headers: seen } = await (await exchange(url, { method: 'POST', body: '{}', headers })).json();
    expect(seen).toMatchObject(Object.fromEntries(headers));
  });

  it.each([204, 205, 304])('has no body at %i', async (status) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end());
    const response = await exchange(url, {});
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it('gives redirects back', async () => {
    const { url } = await serve((_request, response) => response.writeHead(307, { location: '/other' }).end());
    const response = await exchange(url, {});
    expect([response.status, response.headers.get('location')]).toEqual([307, '/other']);
  });

  it('unpacks what was packed, as it comes', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('text '.repeat(10_000)));
    });
    expect(await (await exchange(url, {})).text()).toBe('text '.repeat(10_000));
  });

  it.each([
    ['a body', {}, 'half of it'],
    ['a packed body', { 'content-encoding': 'gzip' }, gzipSync('text '.repeat(1_000)).subarray(0, 40)],
  ])('tells of %s that breaks off', async (_what, headers, part) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100000', ...headers });
      response.write(part, () => response.destroy());
    });
    const error = await thrown((await exchange(url, {})).text());
    expect(networkFault(error)).toMatchObject({ sent: true });
  });

  it('tells of a connection that is closed without an answer', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    expect(networkFault(await thrown(exchange(url, { method: 'POST', body: '{}' })))).toMatchObject({
      sent: true,
      what: 'the connection was broken off',
    });
  });

  it('tells of a port on which nothing listens', async () => {
    const { url, server } = await serve(echo);
    server.close();
    await once(server, 'close');
    expect(networkFault(await thrown(exchange(url, {})))).toMatchObject({ sent: false });
  });

  it('tells of what speaks no HTTP', async () => {
    const listener = createListener(
      (socket: Socket) => void socket.on('error', () => {}).end('220 mail.example ESMTP\r\n'),
    );
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    closing.push(() => void listener.close());
    const { port } = listener.address() as AddressInfo;
    const fault = networkFault(await thrown(exchange(new URL(`http://127.0.0.1:${port}/`), {})));
    expect(fault?.what).toContain('does not speak HTTP');
  });

  it('ends with its signal: before, while it waits, and in the middle of a body', async () => {
    const reason = new Error('enough');
    const { url } = await serve((request, response) => {
      if (request.headers['x-half']) response.writeHead(200).write('half');
    });
    expect(await thrown(exchange(url, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const waiting = new AbortController();
    const wait = thrown(exchange(url, { signal: waiting.signal }));
    setImmediate(() => waiting.abort(reason));
    expect(await wait).toBe(reason);
    const reading = new AbortController();
    const response = await exchange(url, { signal: reading.signal, headers: { 'x-half': '1' } });
    const read = thrown(response.text());
    reading.abort(reason);
    expect(await read).toBe(reason);
  });

  it('ends the connection of a body that nobody wants any more', async () => {
    let close = () => {};
    const gone = new Promise<void>((resolve) => {
      close = resolve;
    });
    const { url } = await serve((request, response) => {
      request.socket.once('close', close);
      response.writeHead(200).write('and on');
    });
    await (await exchange(url, {})).body?.cancel();
    await gone;
  });

  it('is done with an answer that is let go just as it ends', async () => {
    const { url } = await serve((_request, response) => response.end('short'));
    const passed = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((next) => process.nextTick(next));
    };
    for (let turns = 0; turns < 20; turns += 1) {
      const { body } = await exchange(url, {});
      const reader = body?.getReader();
      void reader?.read();
      await passed(turns);
      await reader?.cancel();
    }
    // What goes wrong in an event of the connection fails the run.
    await new Promise((next) => setTimeout(next, 20));
  });

  it('waits for who reads slowly', async () => {
    const size = 8 * 1024 * 1024;
    const { url } = await serve((_request, response) => response.end(Buffer.alloc(size)));
    const response = await exchange(url, {});
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      await new Promise((next) => setImmediate(next));
    }
    expect(bytes).toBe(size);
  });

  it('uses connections again', async () => {
    const { url, connections } = await serve(echo);
    for (let count = 0; count < 5; count += 1) await (await exchange(url, {})).text();
    expect(connections()).toBeLessThan(5);
  });
});

describe('what is left to fetch', () => {
  it.each([
    ['another protocol', 'data:,', {}, false],
    ['a port of another protocol', 'http://127.0.0.1:6667/', {}, false],
    ['a login in the address', 'https://a:b@service.example/', {}, false],
    ['a body of parts', 'https://service.example/', { body: new FormData() }, false],
    ['not what a service answers', 'https://service.example/', { body: '{}' }, true],
    ['not what a port of its own answers', 'http://127.0.0.1:49152/', {}, true],
  ])('is %s', (_what, url, init, direct) => {
    expect(isDirect(url, init)).toBe(direct);
    expect(isDirect(new Request('https://service.example/'), {})).toBe(false);
  });
});
