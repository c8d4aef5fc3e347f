import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { secret } from '../../src/secret.ts';
import { createFetch, letGo } from '../../src/system/http.ts';
import { networkFault } from '../../src/system/network-faults.ts';
import { json, serve, type TestServer, text } from '../api/server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(...args: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...args);
  closing.push(server.close);
  return server;
}

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A proxy that leads every CONNECT to one address and counts them. */
async function startProxy(target: string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const { hostname, port } = new URL(target);
    const out = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      out.pipe(socket).pipe(out);
    });
    for (const end of [socket, out]) end.on('error', () => out.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(
    () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('createFetch', () => {
  it('gives redirects back', async () => {
    const { url } = await start([text(302, '', { location: '/elsewhere' })]);
    expect((await createFetch({ env: {} })(url, { redirect: 'follow' })).status).toBe(302);
  });

  it('ends after its time, in the middle of a body too', async () => {
    const { url } = await start((response) => void response.writeHead(200).write('half'));
    const patience = createFetch({ env: {}, timeout: 700 });
    const response = await patience(url);
    expect(await thrown(response.text())).toMatchObject({ name: 'TimeoutError' });
  });

  it('counts no longer what was let go, nor the rest of a body', async () => {
    const { url } = await start((response) => {
      response.writeHead(200).write('half');
      setTimeout(() => response.end(' and half'), 1_000);
    });
    const response = await createFetch({ env: {}, timeout: 700 })(url);
    letGo(response);
    expect(await response.text()).toBe('half and half');
  });

  it('ends with its caller', async () => {
    const stop = new AbortController();
    const { url } = await start(() => stop.abort(new Error('stopped')));
    expect(await thrown(createFetch({ env: {}, timeout: 10_000 })(url, { signal: stop.signal }))).toMatchObject({
      message: 'stopped',
    });
  });

  it('tells one line an exchange, without secrets', async () => {
    const lines: string[] = [];
    const value = ['a', 'hidden', 'value'].join('-');
    secret(value);
    const { url } = await start([json(200, {})]);
    await createFetch({ env: {}, note: (line) => lines.push(line) })(`${url}/keys?token=${value}`, { method: 'POST' });
    expect(lines).toEqual([
      expect.stringMatching(/^POST http:\/\/127\.0\.0\.1:\d+\/keys\?token=\[secret\] 200 \(\d+ ms\)$/),
    ]);
  });

  it('goes through the proxy that the environment names, but for loopback and NO_PROXY', async () => {
    const { url, requests } = await start(json(200, { ok: true }));
    const proxy = await startProxy(url);
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: 'spared.example' };
    const doFetch = createFetch({ env, timeout: 2_000 });
    expect(await (await doFetch('http://service.example/keys')).json()).toEqual({ ok: true });
    expect([proxy.asked, requests.length]).toEqual([['service.example:80'], 1]);
    await doFetch(url);
    await thrown(doFetch('http://spared.example/'));
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('networkFault', () => {
  it.each([
    ['http://127.0.0.1:1/', 'port'],
    ['http://name.invalid/', 'DNS'],
  ])('%s: %s', async (url, said) => {
    expect(networkFault(await thrown(fetch(url)))).toMatchObject({ sent: false, what: expect.stringContaining(said) });
  });

  it('knows a refused connection', async () => {
    const { url, close } = await serve([]);
    await close();
    expect(networkFault(await thrown(fetch(url)))).toMatchObject({
      sent: false,
      what: expect.stringContaining('refused'),
    });
  });

  it('knows a server that speaks no TLS', async () => {
    const { url } = await start(json(200, {}));
    expect(networkFault(await thrown(fetch(url.replace('http:', 'https:'))))).toMatchObject({
      sent: false,
      what: expect.stringContaining('TLS'),
    });
  });

  it('leaves what is no fault of the network to others', () => {
    expect(networkFault(new Error('a bug'))).toBeUndefined();
    expect(networkFault(new TypeError('x is not a function'))).toBeUndefined();
  });
});
