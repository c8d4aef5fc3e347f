/** HTTP to a store on the network: JSON there and back, bounded, every fault as `store_unavailable`. */
import { UserError } from '../errors.ts';
import { readText } from '../system/files.ts';
import { type ClientTls, createFetch } from '../system/http.ts';
import { networkFault } from '../system/network-faults.ts';
import type { StorePorts } from './types.ts';

export interface StoreRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds. */
  readonly timeout?: number;
}

export interface StoreAnswer {
  readonly status: number;
  /** Empty where the answer is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The server's clock, in milliseconds since 1970. */
  readonly date?: number | undefined;
}

export type StoreExchange = (url: URL, request: StoreRequest) => Promise<StoreAnswer>;

const MAX_ANSWER = 32 * 1024 * 1024;
const DEFAULT_TIMEOUT = 10_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|.*\.localhost)$/;

/** Names of the variables that hold paths of PEM files. */
export interface TlsVariables {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Reads the certificates with the first request. `name` is the store's, for messages. */
export function storeExchange(name: string, ports: StorePorts, variables: TlsVariables): StoreExchange {
  let ready: Promise<typeof fetch> | undefined;
  return async (url, { method = 'POST', headers = {}, body, timeout }) => {
    ready ??= readTls(ports, variables).then((tls) => createFetch({ env: ports.env, tls, note: ports.net?.note }));
    const send = await ready;
    const limit = Math.min(timeout ?? DEFAULT_TIMEOUT, ports.net?.timeout ?? DEFAULT_TIMEOUT);
    try {
      const response = await send(url, {
        method,
        headers: { accept: 'application/json', ...(body === undefined ? {} : JSON_BODY), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(limit),
      });
      const date = Date.parse(response.headers.get('date') ?? '');
      const answer = { status: response.status, body: parse(await readBounded(response)) };
      return Number.isNaN(date) ? answer : { ...answer, date };
    } catch (error) {
      throw unreachable(name, url, error);
    }
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

async function readTls({ env }: StorePorts, variables: TlsVariables): Promise<ClientTls | undefined> {
  const read = async (variable: string): Promise<string | undefined> => {
    const path = env[variable];
    if (!path) return undefined;
    const text = await readText(path);
    if (text !== undefined) return text;
    throw new UserError('store_unavailable', `${variable} names ${path}, which does not exist.`);
  };
  const [ca, cert, key] = await Promise.all([read(variables.ca), read(variables.cert), read(variables.key)]);
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
}

function unreachable(name: string, url: URL, error: unknown): unknown {
  if (error instanceof UserError) return error;
  const fault = networkFault(error);
  if (!fault) return error;
  return new UserError('store_unavailable', `${name} at ${url.origin} could not be reached: ${fault.what}.`, {
    hint: 'Check its address and the network; or choose another store: mcpkey store use age',
    unanswered: fault.sent,
    cause: error,
  });
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (size > MAX_ANSWER) throw new UserError('store_unavailable', `${response.url} sent more than 32 MB: not read.`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): StoreAnswer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** An address out of a variable. Throws `usage` for what is none, holds a password, or would send credentials in clear. */
export function storeUrl(text: string, variable: string, { env }: StorePorts): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UserError('usage', `${variable} holds "${text.slice(0, 60)}", which is no http(s) address.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError('usage', `${variable} holds an address with a user or password in it.`, {
      hint: 'Take it out: there are variables of their own for it.',
    });
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && env.MCPKEY_STORE_ALLOW_HTTP !== '1') {
    throw new UserError('usage', `${variable}: ${url.origin} is plain http: a credential would travel in clear.`, {
      hint: 'Use https; on a network of your own that nobody listens to: MCPKEY_STORE_ALLOW_HTTP=1',
    });
  }
  return url;
}
