import { request } from 'node:http';
import { expect, test } from 'vitest';
import { listenForRedirect } from '../../src/system/loopback.ts';

const never = () => new AbortController().signal;
const status = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, connection: response.headers.get('connection'), text: await response.text() };
};

test('it listens on 127.0.0.1, takes one request to its path, and is gone', async () => {
  const listener = await listenForRedirect({ path: '/callback', signal: never() });
  expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  expect((await status(listener.redirectUri.replace('callback', 'favicon.ico'))).status).toBe(404);
  expect((await status(listener.redirectUri, { method: 'POST' })).status).toBe(404);
  const page = await status(`${listener.redirectUri}?code=abc&state=s`);
  expect([page.status, page.connection]).toEqual([200, 'close']);
  expect((await listener.callback).searchParams.get('code')).toBe('abc');
  await expect(fetch(listener.redirectUri)).rejects.toThrow();
});

test('what the browser brings stands on no page', async () => {
  const listener = await listenForRedirect({ path: '/callback', signal: never() });
  const { text } = await status(`${listener.redirectUri}?error=%3Cscript%3Ealert(1)%3C/script%3E`);
  expect(text).not.toContain('script');
  expect(text).toContain('Not logged in');
});

test('a wanted port that is taken is a conflict', async () => {
  const first = await listenForRedirect({ path: '/callback', signal: never() });
  const port = Number(new URL(first.redirectUri).port);
  await expect(listenForRedirect({ path: '/callback', port, signal: never() })).rejects.toMatchObject({
    code: 'conflict',
  });
  first.close();
  const second = await listenForRedirect({ path: '/callback', port, signal: never() });
  expect(second.redirectUri).toBe(first.redirectUri);
  second.close();
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  const listener = await listenForRedirect({ path: '/callback', signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(listener.callback).rejects.toThrow('stopped');
  await expect(fetch(listener.redirectUri)).rejects.toThrow();
});

test('another name than the address is answered all the same, and nothing listens elsewhere', async () => {
  const listener = await listenForRedirect({ path: '/callback', signal: never() });
  const { port } = new URL(listener.redirectUri);
  const refused = new Promise((resolve) =>
    request({ host: '127.0.0.2', port })
      .on('error', resolve)
      .on('response', () => resolve(undefined))
      .end(),
  );
  expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
  listener.close();
});
