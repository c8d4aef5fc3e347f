/** The proxy command while the service goes wrong: each request is answered, the server's own words stay, no key leaves. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FaultAction } from '../sandbox/index.ts';
import { type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
});
afterEach(() => stocked.sandbox.clearFaults());
afterAll(() => stocked.close());

const ANSWER = z.object({
  id: z.union([z.number(), z.string(), z.null()]),
  result: z.looseObject({}).optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown() }).optional(),
});

const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
const line = (id: number, method: string, params: unknown) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** Sends `initialize` and `tools/list`, and reads both answers. */
async function talk(args: readonly string[] = []) {
  const input = line(1, 'initialize', HELLO) + line(2, 'tools/list', {});
  const { stdout, stderr } = await stocked.machine.run(['proxy', 'stock/ci', ...args], { input });
  const answers = stdout
    .trim()
    .split('\n')
    .map((text) => ANSWER.parse(JSON.parse(text)));
  expect(stdout + stderr).not.toContain(stocked.key.secret);
  return { first: answers.find(({ id }) => id === 1), second: answers.find(({ id }) => id === 2), stderr };
}

const suffer = (action: FaultAction, match = '/messages') =>
  stocked.sandbox.fault('stock-data', { match, times: Number.POSITIVE_INFINITY, action });
const said = (status: number, error: unknown): FaultAction => ({
  kind: 'answer',
  status,
  body: { jsonrpc: '2.0', id: 2, error },
});

describe('a refusal', () => {
  it.each([
    [
      401,
      { code: -32001, message: 'Invalid or expired API key', data: { why: ['revoked'] } },
      /mcpkey create -p stock/,
    ],
    [403, { code: 403, message: 'Forbidden', data: { errorType: 'X' } }, /make another one: mcpkey create -p stock\)/],
    [200, { code: 401, message: 'Unauthorized', data: { errorType: 'INVALID' } }, /mcpkey/],
  ])('%i keeps the code and the data, and gets a hint in its message', async (status, error, hint) => {
    suffer(said(status, error), 'POST /messages tools/list');
    const { first, second } = await talk();
    expect(first?.result).toBeDefined();
    expect(second?.error).toMatchObject({ code: error.code, data: error.data });
    expect(second?.error?.message.startsWith(error.message)).toBe(true);
    expect(second?.error?.message).toMatch(hint);
  });

  it('in no words at all is told in ours', async () => {
    suffer({ kind: 'answer', status: 401, body: '' });
    const { first } = await talk();
    expect(first?.error).toMatchObject({ code: -32001, data: { status: 401 } });
    expect(first?.error?.message).toMatch(/refused.*mcpkey create/);
  });
});

describe('no answer of MCP', () => {
  it.each<[string, FaultAction, RegExp, number | null]>([
    ['a page', { kind: 'html' }, /HTTP status 200 and a web page/, 200],
    ['a page with 502', { kind: 'html', status: 502 }, /HTTP status 502 and a web page/, 502],
    [
      'a limit',
      { kind: 'answer', status: 429, headers: { 'retry-after': '900' }, body: { detail: 'slow' } },
      /429/,
      429,
    ],
    ['a broken connection', { kind: 'reset' }, /broken off/, null],
    ['half an answer', { kind: 'truncated', cut: true }, /\w/, null],
  ])('%s', async (_name, action, says, status) => {
    suffer(action);
    const { first, second } = await talk();
    for (const answer of [first, second]) {
      expect(answer?.error).toMatchObject({ code: -32000, data: { status } });
      expect(answer?.error?.message).toMatch(says);
    }
  });

  it('and after it, the next request is answered again', async () => {
    stocked.sandbox.fault('stock-data', { match: 'POST /messages tools/list', action: { kind: 'reset' } });
    const proxy = stocked.machine.start(['proxy', 'stock/ci']);
    proxy.send(line(1, 'initialize', HELLO));
    await proxy.printed(/"id":1/, 'stdout');
    proxy.send(line(2, 'tools/list', {}));
    await proxy.printed(/"id":2[^\n]*"error"|"error"[^\n]*"id":2/, 'stdout');
    proxy.send(line(3, 'tools/list', {}));
    await proxy.printed(/get_daily_prices/, 'stdout');
    proxy.child.stdin.end();
    expect(await proxy.finished).toMatchObject({ code: 0 });
  });
});

it('follows no redirect with the key', async () => {
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((done) => void other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  suffer({ kind: 'redirect', to: `http://127.0.0.1:${port}/messages`, status: 307 });
  const { first } = await talk();
  expect(first?.error?.message).toMatch(/redirects to.*not followed.*mcpkey profile show stock/);
  expect(asked).toEqual([]);
  await new Promise<void>((done) => void other.close(() => done()));
});

it('names profile and scopes where the server asks for more', async () => {
  const challenge = 'Bearer error="insufficient_scope", scope="prices:read"';
  suffer({ kind: 'answer', status: 403, headers: { 'www-authenticate': challenge }, body: {} });
  const { first } = await talk();
  expect(first?.error?.message).toMatch(
    /\(mcpkey: The server asks for more \(prices:read\)\. .*mcpkey create -p stock\)$/,
  );
});

it('answers where the server is down', async () => {
  const gone = await startStocked();
  await gone.close();
  const { stdout } = await gone.machine.run(['proxy', 'stock/ci'], { input: line(1, 'initialize', HELLO) });
  const { error } = ANSWER.parse(JSON.parse(stdout));
  expect(error).toMatchObject({ code: -32000, data: { status: null } });
  expect(error?.message).toMatch(/connection refused.*mcpkey profile show/);
});

it('headers say in time what is wrong with a login', async () => {
  const failure = await stocked.machine.fails(['headers', 'stock/@login']);
  expect(failure).toMatchObject({ code: 'unsupported', exit: 1, hint: 'mcpkey create -p stock' });
});
