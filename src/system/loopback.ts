/** The redirect of a browser login (RFC 8252 §7.3): one request to a fixed path on 127.0.0.1, then nothing listens any more. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isSystemError, UserError } from '../errors.ts';

export interface RedirectListener {
  /** `http://127.0.0.1:PORT/PATH`; `localhost` may be another program's (RFC 8252 §8.3). */
  readonly redirectUri: string;
  /** The address that the browser was sent to; rejects with the signal's reason where it aborts. */
  readonly callback: Promise<URL>;
  close(): void;
}

/** `port` 0 or absent: any. Throws `conflict` where the port is taken. */
export async function listenForRedirect(options: {
  path: string;
  port?: number | undefined;
  signal: AbortSignal;
}): Promise<RedirectListener> {
  const { path, port = 0, signal } = options;
  signal.throwIfAborted();
  const server = createServer();
  await listen(server, port);
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`;
  const close = () => {
    server.close();
    server.closeIdleConnections();
  };
  const callback = new Promise<URL>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url ?? '/', origin);
      if (request.method !== 'GET' || url.pathname !== path)
        return answer(response, 404, 'Not found', 'There is nothing here.');
      close();
      const refused = url.searchParams.has('error');
      const words = refused
        ? 'The login was refused. The terminal says more.'
        : 'You may close this page and go back to the terminal.';
      answer(response, 200, refused ? 'Not logged in' : 'mcpkey has the answer', words);
      resolve(url);
    });
  });
  // A login that fails before anyone waits for the answer must not end the process.
  callback.catch(() => undefined);
  signal.addEventListener('abort', close, { once: true });
  return { redirectUri: `${origin}${path}`, callback, close };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(isSystemError(error, 'EADDRINUSE') ? taken(port, error) : error));
    server.listen(port, '127.0.0.1', resolve);
  });
}

function taken(port: number, cause: unknown): UserError {
  return new UserError('conflict', `Port ${port} on 127.0.0.1 is in use.`, {
    hint: 'Choose another --redirect-port, or none.',
    cause,
  });
}

/** Without `connection: close` the browser's kept connection would keep the process alive. */
function answer(response: ServerResponse, status: number, title: string, words: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  const style = 'body{font:16px/1.5 system-ui;max-width:32rem;margin:20vh auto;padding:0 1rem}';
  response.end(
    `<!doctype html><meta charset="utf-8"><title>${title}</title><style>${style}</style><h1>${title}</h1><p>${words}</p>\n`,
  );
}
