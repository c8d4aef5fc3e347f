/** Certificates that fit and do not, and the proxy of the environment, which loopback never sees. */
import { createServer as createHttp, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, selfSigned } from '../helpers/certificate.ts';
import { KEY, VERIFY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

const HOST = 'stock.example';
let stocked: Stocked;
const servers: Server[] = [];
/** Files of the certificates, and the ports of what speaks TLS with each. */
const good = { file: '', port: 0 };
const ended = { file: '', port: 0 };

beforeAll(async () => {
  stocked = await startStocked();
  await serveTls(good, selfSigned(['localhost', HOST]), 'good.pem');
  await serveTls(ended, selfSigned(['localhost'], { ends: Date.now() - 60_000 }), 'ended.pem');
});
afterAll(async () => {
  for (const server of servers) await new Promise<void>((done) => void server.close(() => done()));
  await stocked.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

async function serveTls(at: { file: string; port: number }, pair: Certificate, name: string): Promise<void> {
  const server = createHttps(pair, toSandbox);
  server.on('close', () => server.closeAllConnections());
  at.port = await listening(server);
  at.file = await stocked.machine.home.write(join(stocked.machine.home.root, name), pair.cert);
}

/** The stock data service behind one origin: its MCP endpoint is told by its path. */
const toSandbox: RequestListener = (incoming, outgoing) => {
  const { url, mcpUrl } = stocked.sandbox.service('stock-data');
  const { hostname, port } = new URL(incoming.url?.startsWith('/messages') ? mcpUrl : url);
  const { method, url: path, headers } = incoming;
  const onward = httpRequest({ hostname, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
};

const loginAt = (origin: string): string[] => {
  const urls = ['--url', origin, '--mcp-url', `${origin}/messages`];
  return ['login', 'stock-data', '-p', 'tls', ...urls, '--password'];
};
const trusting = (file: string) => ({ ...stocked.credentials, NODE_EXTRA_CA_CERTS: file });

describe('a certificate', () => {
  it('that nobody vouches for is refused, naming what would help, and nothing is kept', async () => {
    const machine = await createMachine();
    const failure = await failureOf(machine, loginAt(`https://localhost:${good.port}`), { env: stocked.credentials });
    expect(failure).toMatchObject({ code: 'unreachable', exit: 9, provider: 'stock-data', status: null });
    expect([failure.message, failure.hint]).toEqual([
      expect.stringMatching(/certificate is signed by itself \(TLS\)/),
      expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    ]);
    expect((await machine.run(['profile', 'list', '--json'])).stdout.trim()).toBe('[]');
  });

  it('of an own authority is taken where NODE_EXTRA_CA_CERTS names it, by every part', async () => {
    const machine = await createMachine();
    const env = trusting(good.file);
    await machine.run(loginAt(`https://localhost:${good.port}`), { env });
    expect(await machine.json(KEY, ['create', 'safe'], { env })).toMatchObject({ ref: 'tls/safe' });
    expect(await machine.json(VERIFY, ['verify', 'tls/safe'], { env })).toMatchObject({ ok: true });
    for (const args of [['list'], ['verify', 'tls/safe']]) {
      const { code, hint } = await failureOf(machine, args);
      expect([code, hint]).toEqual(['unreachable', expect.stringContaining('NODE_EXTRA_CA_CERTS')]);
    }
    expect(await throughProxyCommand(machine, env)).toMatchObject({ result: { serverInfo: { name: 'stock-data' } } });
    const { error } = await throughProxyCommand(machine, {});
    expect(error?.message).toMatch(/TLS.*NODE_EXTRA_CA_CERTS/);
  });

  it.each<[string, () => string, () => string, RegExp]>([
    ['for another name', () => `https://127.0.0.1:${good.port}`, () => good.file, /for another name/],
    ['that has ended', () => `https://localhost:${ended.port}`, () => ended.file, /has ended/],
  ])('%s', async (_name, origin, file, says) => {
    const failure = await failureOf(stocked.machine, loginAt(origin()), { env: trusting(file()) });
    expect(failure).toMatchObject({ code: 'unreachable', exit: 9, message: expect.stringMatching(says) });
    expect(failure.hint).toContain('clock');
  });

  it('is missing where plain http is spoken', async () => {
    const { url } = stocked.sandbox.service('stock-data');
    const failure = await failureOf(stocked.machine, loginAt(url.replace('http:', 'https:')), {
      env: stocked.credentials,
    });
    expect(failure).toMatchObject({ code: 'unreachable', exit: 9, message: expect.stringContaining('not speak TLS') });
    expect(failure.hint).toContain('http://');
  });
});

interface Answer {
  readonly error?: { readonly message: string };
}

async function throughProxyCommand(machine: Machine, env: Record<string, string>): Promise<Answer> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const input = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`;
  const { stdout } = await machine.run(['proxy', 'tls/safe'], { env, input });
  const answer: Answer = JSON.parse(stdout.split('\n')[0] ?? '');
  return answer;
}

/** A proxy that leads each CONNECT to the server with the good certificate, or answers `status`. */
async function startProxy(status?: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttp();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => socket.destroy());
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const out = connect(good.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      out.pipe(socket).pipe(out);
    });
    out.on('error', () => socket.destroy());
    socket.on('close', () => out.destroy());
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, asked };
}

describe('the proxy of the environment', () => {
  it('carries what goes to other hosts', async () => {
    const machine = await createMachine();
    const proxy = await startProxy();
    const env = { ...trusting(good.file), HTTPS_PROXY: proxy.url };
    await machine.run(loginAt(`https://${HOST}`), { env });
    await machine.run(['create', 'safe'], { env });
    expect(await machine.json(VERIFY, ['verify', 'tls/safe'], { env })).toMatchObject({ ok: true });
    expect(await throughProxyCommand(machine, env)).toMatchObject({ result: { serverInfo: { name: 'stock-data' } } });
    expect([...new Set(proxy.asked)]).toEqual([`${HOST}:443`]);
    const seen = proxy.asked.length;
    const spared = await failureOf(machine, ['list'], { env: { ...env, NO_PROXY: HOST } });
    expect(spared).toMatchObject({ code: 'unreachable', message: expect.stringContaining('DNS') });
    expect(proxy.asked).toHaveLength(seen);
  });

  it('is never asked for loopback', async () => {
    const { machine } = stocked;
    const proxy = await startProxy();
    const env = { https_proxy: proxy.url, HTTP_PROXY: proxy.url };
    await machine.run(['list'], { env });
    expect(await machine.json(VERIFY, ['verify', 'stock/ci'], { env })).toMatchObject({ ok: true });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const input = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`;
    expect((await machine.run(['proxy', 'stock/ci'], { env, input })).stdout).toContain('serverInfo');
    expect(proxy.asked).toEqual([]);
  });

  it.each<[string, number | undefined, RegExp]>([
    ['wants a login', 407, /407/],
    ['lets nothing through', 403, /proxy.*403/],
    ['is not there', undefined, /connection refused/],
  ])('%s', async (_name, status, says) => {
    const machine = await createMachine();
    const url = status === undefined ? 'http://127.0.0.1:9' : (await startProxy(status)).url;
    const env = { ...stocked.credentials, HTTPS_PROXY: url };
    const failure = await failureOf(machine, loginAt(`https://${HOST}`), { env });
    expect(failure).toMatchObject({ code: 'unreachable', exit: 9, message: expect.stringMatching(says) });
    expect(failure.hint).toContain('HTTPS_PROXY');
  });
});
