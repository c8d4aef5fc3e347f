/** The probe against servers that answer well, badly and not at all. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GlobalOptions } from '../../src/context.ts';
import { UserError } from '../../src/errors.ts';
import { probe } from '../../src/proxy/probe.ts';
import type { ProbePorts } from '../../src/proxy/probe-call.ts';
import { probeLocal } from '../../src/proxy/probe-local.ts';
import { secret } from '../../src/secret.ts';
import { createFetch } from '../../src/system/http.ts';
import { type McpEndpointOptions, type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';
import { KEY } from './harness.ts';

let state = '';
const servers: RunningMcpServer[] = [];
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'mcpkey-probe-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(state, { recursive: true });
});

const OPTIONS: GlobalOptions = {
  profile: undefined,
  json: false,
  noInput: true,
  yes: false,
  quiet: false,
  verbose: false,
  store: undefined,
  timeout: undefined,
  maxWait: undefined,
};
const CODES = { 401: 'invalid_api_key', 403: 'insufficient_scope', 429: 'rate_limited', 503: 'server_error' } as const;

function ports(changes: { timeout?: number } = {}): ProbePorts & { readonly waits: number[] } {
  const waits: number[] = [];
  const none = { config: '', ledger: '', age: '', undo: '', providers: '', app: '', journals: '', locks: '', log: '' };
  return {
    waits,
    context: {
      fetch: createFetch({ env: {}, timeout: changes.timeout ?? 5_000 }),
      now: Date.now,
      sleep: async (milliseconds) => void waits.push(milliseconds),
      options: OPTIONS,
      paths: { ...none, data: state, state },
      signal: new AbortController().signal,
    },
    provider: {
      id: 'test',
      diagnoseMcp({ status, headers }) {
        const known = Object.entries(CODES).find(([each]) => Number(each) === status);
        const after = headers.get('retry-after');
        const retryAfter = after === null ? undefined : Number(after);
        return new UserError(known?.[1] ?? 'refused', `status ${status}`, { status, retryAfter });
      },
    },
  };
}

async function serve(options: McpEndpointOptions): Promise<RunningMcpServer> {
  const server = await startMcpServer(options);
  servers.push(server);
  return server;
}

const accessTo = (url: string) => ({
  url,
  headers: (value: { reveal(): string }) => ({ authorization: `Bearer ${value.reveal()}` }),
});
const run = (url: string, given = ports()) => probe(accessTo(url), secret(KEY), given);
const methods = (server: RunningMcpServer) =>
  server.requests.map((seen) => (seen.body as { method?: string } | undefined)?.method ?? seen.method);

test.each([
  ['sessions', '2025-11-25', ['initialize', 'notifications/initialized', 'tools/list', 'DELETE']],
  ['stateless', '2025-11-25', ['initialize', 'notifications/initialized', 'tools/list']],
  ['modern', '2026-07-28', ['initialize', 'server/discover', 'tools/list']],
] as const)('asks a %s server, with the key each time', async (era, version, asked) => {
  const server = await serve({ era });
  expect(await run(server.url)).toMatchObject({
    ok: true,
    status: 200,
    server: { name: 'loopback-mcp', version: '1.2.3' },
    protocolVersion: version,
    tools: ['echo', 'big', 'size', 'slow'],
    error: null,
  });
  expect(methods(server)).toEqual(asked);
  expect(new Set(server.requests.map((seen) => seen.headers.authorization))).toEqual(new Set([`Bearer ${KEY}`]));
});

test('begins with the era that the URL answered to last time', async () => {
  const server = await serve({ era: 'modern' });
  await run(server.url);
  await run(server.url);
  expect(methods(server).slice(3)).toEqual(['server/discover', 'tools/list']);
  expect(JSON.parse(await readFile(join(state, 'eras.json'), 'utf8'))).toEqual({ [server.url]: 'modern' });
});

test('is not content with initialize: tools/list must be answered', async () => {
  const server = await serve({
    era: 'stateless',
    authorize: (_headers, body) =>
      (body as { method?: string }).method === 'tools/list'
        ? { status: 401, body: { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Invalid' } } }
        : undefined,
  });
  const result = await run(server.url);
  expect(result).toMatchObject({ ok: false, status: 401, server: { name: 'loopback-mcp' }, tools: [] });
  expect(result.error?.code).toBe('invalid_api_key');
});

const raw = (status: number, body: string, headers: Record<string, string> = {}): McpEndpointOptions => ({
  intercept(_seen, response) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    return true;
  },
});
const rpc = (code: number) => JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code, message: 'no' } });

test.each([
  ['a refusal that hides in a 200', raw(200, rpc(401)), 'invalid_api_key', 401],
  ['a refusal with its status', raw(403, '{}'), 'insufficient_scope', 403],
  ['a page of HTML', raw(200, '<!DOCTYPE html>', { 'content-type': 'text/html' }), 'bad_response', 200],
  ['JSON that is no message', raw(200, '[1]'), 'bad_response', 200],
  ['a truncated answer', raw(200, '{"jsonrpc":'), 'bad_response', 200],
  ['a redirect', raw(307, '', { location: 'https://elsewhere.example/mcp' }), 'bad_response', 307],
] as const)('names %s', async (_what, options, code, status) => {
  const server = await serve(options);
  const result = await run(server.url);
  expect({ ok: result.ok, code: result.error?.code, status: result.status }).toEqual({ ok: false, code, status });
});

test('names the scopes that a 403 asks for, and none that a shell would act on', async () => {
  const challenge = 'Bearer error="insufficient_scope", scope="mcp:read mcp:write;rm"';
  const server = await serve(raw(403, '{}', { 'www-authenticate': challenge }));
  expect((await run(server.url)).error?.hint).toMatch(/: mcpkey login PROFILE --scope mcp:read$/);
});

test('tries again where the service is busy, and waits as long as it says', async () => {
  let left = 2;
  const server = await serve({
    era: 'stateless',
    intercept(_seen, response) {
      left -= 1;
      if (left < 0) return false;
      response.writeHead(left === 1 ? 429 : 503, left === 1 ? { 'retry-after': '2' } : {}).end();
      return true;
    },
  });
  const given = ports();
  expect(await run(server.url, given)).toMatchObject({ ok: true });
  expect(given.waits).toEqual([2_000, 600]);
});

test('does not wait longer than a minute', async () => {
  const server = await serve(raw(429, '', { 'retry-after': '61' }));
  const given = ports();
  expect((await run(server.url, given)).error).toMatchObject({ code: 'rate_limited', retryAfter: 61 });
  expect(given.waits).toEqual([]);
});

test('gives up a server that never answers', async () => {
  const server = await serve({ intercept: () => true });
  const result = await run(server.url, ports({ timeout: 40 }));
  expect(result).toMatchObject({ ok: false, status: null });
  expect(result.error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('in time') });
  expect(server.requests).toHaveLength(3);
});

test('names a connection that is refused', async () => {
  const server = await startMcpServer();
  await server.close();
  expect((await run(server.url)).error).toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('refused'),
  });
});

const LOCAL = `
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const { id, method } = JSON.parse(line);
    const has = process.env.LOCAL_KEY === process.argv[1];
    const result = method === 'initialize'
      ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'local', version: '9' } }
      : { tools: [{ name: 'one' }] };
    if (id === undefined) return;
    const body = method === 'tools/list' && !has ? { error: { code: 401, message: 'no key' } } : { result };
    console.log(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  });
`;
const local = (script: string, ...args: string[]) => ({
  command: [process.execPath, '-e', script, ...args],
  variable: 'LOCAL_KEY',
});
const machine = (timeout?: number) => ({
  env: { PATH: process.env.PATH },
  options: { ...OPTIONS, timeout },
  signal: new AbortController().signal,
});

test('starts a local server with the key in its variable', async () => {
  expect(await probeLocal(local(LOCAL, KEY), secret(KEY), machine())).toMatchObject({
    ok: true,
    status: null,
    server: { name: 'local', version: '9' },
    tools: ['one'],
  });
  const refused = await probeLocal(local(LOCAL, 'another'), secret(KEY), machine());
  expect(refused.error).toMatchObject({ code: 'invalid_api_key' });
});

test.each([
  [
    'ends at once',
    local('console.error("no such option"); process.exit(4)'),
    undefined,
    'bad_response',
    'no such option',
  ],
  ['never answers', local('setInterval(() => {}, 1000)'), 150, 'unreachable', 'did not answer'],
  ['is not there', { command: ['no-such-server'], variable: 'X' }, undefined, 'unreachable', 'no-such-server is not'],
])('names a local server that %s', async (_what, server, timeout, code, words) => {
  const { error } = await probeLocal(server, secret(KEY), machine(timeout));
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
});
