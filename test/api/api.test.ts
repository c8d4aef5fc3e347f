import { afterEach, describe, expect, it } from 'vitest';
import { type ApiOptions, createApi, isUnanswered } from '../../src/api.ts';
import { UserError } from '../../src/errors.ts';
import { bindManifest } from '../../src/providers/bind.ts';
import type { Manifest } from '../../src/providers/manifest.ts';
import { stockData } from '../../src/providers/stock-data.ts';
import type { ApiRequest } from '../../src/providers/types.ts';
import { secret } from '../../src/secret.ts';
import { hangUp, json, type Reply, serve, type TestServer, text } from './server.ts';

const NOW = Date.UTC(2026, 10, 21);
const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(
  reply: Reply | readonly Reply[],
  options: ApiOptions = {},
  tokens = ['first', 'second'],
  manifest: Manifest = stockData,
) {
  const server = await serve(reply);
  servers.push(server);
  const waits: number[] = [];
  const provider = bindManifest(manifest, { url: server.url, sign: false, allowHttp: false });
  let given = 0;
  const call = createApi({
    provider,
    fetch,
    accessToken: async (choice) => {
      if (choice?.renew) given += 1;
      const token = tokens[given];
      if (token === undefined) throw new UserError('not_logged_in', 'no more tokens');
      return secret(token);
    },
    sleep: async (milliseconds) => void waits.push(milliseconds),
    now: () => NOW,
    random: () => 1,
    options,
  });
  const get: ApiRequest = { operation: 'list', method: 'GET', url: `${server.url}/keys`, repeatable: true };
  const create: ApiRequest = {
    operation: 'create',
    method: 'POST',
    url: `${server.url}/keys`,
    body: { type: 'json', value: { name: 'ci' } },
    repeatable: false,
  };
  return { server, waits, call, get, create };
}

const failure = async (work: Promise<unknown>): Promise<UserError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UserError) return error;
  throw new Error(`no UserError but ${String(error)}`);
};

describe('authorisation', () => {
  it('sends the session token as bearer, and the body as JSON', async () => {
    const { server, call, create } = await start([json(200, { ok: true })]);
    expect((await call(create)).body).toEqual({ ok: true });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        body: '{"name":"ci"}',
        headers: { authorization: 'Bearer first', 'content-type': 'application/json' },
      },
    ]);
  });

  it.each([
    [{ type: 'apiKey', in: 'header', name: 'PRIVATE-TOKEN' }, { 'private-token': 'first' }],
    [{ type: 'http', scheme: 'basic' }, { authorization: `Basic ${Buffer.from('first').toString('base64')}` }],
  ] as const)('sends it as the manifest says: %o', async (security, headers) => {
    const { server, call, get } = await start([json(200, {})], {}, ['first'], { ...stockData, security });
    await call(get);
    expect(server.requests).toMatchObject([{ headers }]);
  });

  it('puts no token into an error that no header can carry', async () => {
    const { call, get } = await start([], {}, ['first\r\nx: y']);
    const error = await failure(call(get));
    expect([error.code, error.message.includes('first')]).toEqual(['invalid_token', false]);
  });

  it('renews once after a 401 and repeats, even what makes something', async () => {
    const { server, call, create } = await start([json(401, {}), json(200, {})]);
    expect((await call(create)).status).toBe(200);
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it('gives the refusal back where the new token is refused too, or there is none', async () => {
    const twice = await start([json(401, {}), json(401, {})]);
    expect((await twice.call(twice.get)).status).toBe(401);
    const none = await start([json(401, {})], {}, ['only']);
    expect((await none.call(none.get)).status).toBe(401);
    expect(none.server.requests).toHaveLength(1);
    const same = await start([json(401, {})], {}, ['only', 'only']);
    expect((await same.call(same.get)).status).toBe(401);
    expect(same.server.requests).toHaveLength(1);
  });

  it('sends no credential to another origin, none in clear to another host, and none at all to a login', async () => {
    const { server, call, get } = await start([json(200, {})]);
    expect((await failure(call({ ...get, url: 'http://127.0.0.1:1/keys' }))).code).toBe('bad_response');
    expect((await failure(call({ ...get, url: 'http://stock.example/keys' }))).code).toBe('usage');
    await call({ ...get, operation: 'login', authorization: 'none' });
    expect(server.requests).toMatchObject([
      { headers: expect.not.objectContaining({ authorization: expect.anything() }) },
    ]);
  });
});

describe('repeating', () => {
  it('tries three times what is repeatable: lost connections, 5xx, 429', async () => {
    const { server, waits, call, get } = await start([hangUp, json(503, {}), json(200, { ok: 1 })]);
    expect((await call(get)).body).toEqual({ ok: 1 });
    expect([server.requests.length, waits]).toEqual([3, [500, 1000]]);
    const down = await start([json(500, {}), json(502, {}), json(503, {})]);
    expect((await down.call(down.get)).status).toBe(503);
  });

  it('never repeats a create after a failure, and says that it may have happened', async () => {
    const failed = await start([json(500, {})]);
    expect((await failed.call(failed.create)).status).toBe(500);
    const lost = await start([hangUp, hangUp, hangUp, hangUp]);
    const error = await failure(lost.call(lost.create));
    expect([error.code, isUnanswered(error), lost.server.requests.length]).toEqual(['unreachable', true, 1]);
    expect(isUnanswered(await failure(lost.call(lost.get)))).toBe(false);
  });

  it.each([
    ['seconds', { 'retry-after': '7' }, 7],
    ['an HTTP date', { 'retry-after': new Date(NOW + 9_000).toUTCString() }, 9],
    ['seconds since 1970', { 'x-ratelimit-reset': String(NOW / 1000 + 11) }, 11],
    ['milliseconds since 1970', { 'x-ratelimit-reset': String(NOW + 13_000) }, 13],
    ['seconds from now', { 'x-ratelimit-reset': '15' }, 15],
  ])('waits as a 429 says: %s', async (_, headers, seconds) => {
    const { waits, call, create } = await start([json(429, {}, headers), json(200, {})]);
    expect((await call(create)).status).toBe(200);
    expect(waits).toEqual([seconds * 1000 + 125]);
  });

  it('does not wait longer than it may: the 429 comes back at once', async () => {
    const { waits, call, get } = await start([json(429, {}, { 'retry-after': '61' })]);
    expect([(await call(get)).status, waits]).toEqual([429, []]);
    const patient = await start([json(429, {}, { 'retry-after': '61' }), json(200, {})], { maxWait: 600_000 });
    expect((await patient.call(patient.get)).status).toBe(200);
  });
});

describe('what comes back', () => {
  it.each([
    [
      'HTML',
      text(200, '<!DOCTYPE html>\u001b[31m<p>Portal', { 'content-type': 'text/html' }),
      'text/html, beginning "<!DOCTYPE html> [31m<p>Portal"',
    ],
    [
      'truncated JSON',
      text(200, '{"keys":[{"id":', { 'content-type': 'application/json' }),
      'application/json, beginning "{"keys":[{"id":"',
    ],
  ])('refuses %s, naming what came', async (_, reply, said) => {
    const { call, create } = await start([reply]);
    const error = await failure(call(create));
    expect([error.code, isUnanswered(error)]).toEqual(['bad_response', true]);
    expect(error.message).toContain(said);
  });

  it('takes an empty answer, and leaves failures that are no JSON to the diagnosis', async () => {
    const { call, get } = await start([text(204, ''), text(404, '<h1>no</h1>')]);
    expect(await call(get)).toMatchObject({ status: 204, body: undefined });
    expect(await call(get)).toMatchObject({ status: 404, body: undefined, text: '<h1>no</h1>' });
  });

  it('stops reading after 32 MB, whether announced or not', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    let sent = 0;
    const endless: Reply = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += 1;
      };
      response.on('drain', more);
      more();
    };
    const { call, create, get } = await start([endless, text(200, '', { 'content-length': String(50 * 1024 * 1024) })]);
    const error = await failure(call(create));
    expect([error.code, error.message.includes('32 MB')]).toEqual(['bad_response', true]);
    expect(sent).toBeLessThan(200);
    expect((await failure(call({ ...get, repeatable: false }))).message).toContain('32 MB');
  });

  it('follows a redirect within the origin, and no other', async () => {
    const { server, call, get, create } = await start([
      text(307, '', { location: '/keys/' }),
      json(200, { ok: true }),
      text(302, '', { location: 'http://evil.example/keys' }),
      text(302, '', { location: '/elsewhere' }),
    ]);
    expect((await call(get)).body).toEqual({ ok: true });
    expect(server.requests[1]).toMatchObject({ path: '/keys/', headers: { authorization: 'Bearer first' } });
    const away = await failure(call(get));
    expect([away.code, away.message]).toEqual(['bad_response', expect.stringContaining('http://evil.example')]);
    expect((await failure(call(create))).code).toBe('bad_response');
  });

  it('says that an answer broke off', async () => {
    const broken: Reply = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"keys":');
      setImmediate(() => response.socket?.destroy());
    };
    const { call, create } = await start([broken]);
    const error = await failure(call(create));
    expect([error.code, error.message]).toEqual(['bad_response', expect.stringContaining('broke off')]);
    expect(isUnanswered(error)).toBe(true);
    const again = await start([broken, json(200, { ok: true })]);
    expect((await again.call(again.get)).body).toEqual({ ok: true });
  });
});

describe('what does not come', () => {
  it('names a time-out', async () => {
    const { call, create } = await start([() => undefined], { timeout: 30 });
    const error = await failure(call(create));
    expect([error.code, error.message]).toEqual(['unreachable', expect.stringContaining('did not answer in time')]);
    expect(isUnanswered(error)).toBe(true);
  });

  it('names a refused connection, which can have made nothing', async () => {
    const { server, call, create } = await start([]);
    await server.close();
    const error = await failure(call(create));
    expect([error.code, error.message]).toEqual(['unreachable', expect.stringContaining('connection refused')]);
    expect(isUnanswered(error)).toBe(false);
  });

  it('ends with the command', async () => {
    const stop = new AbortController();
    const { call, get } = await start([() => stop.abort()], { signal: stop.signal });
    await expect(call(get)).rejects.toMatchObject({ name: 'Cancelled' });
  });
});
