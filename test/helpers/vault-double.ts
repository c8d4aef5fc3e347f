/**
 * A double of HashiCorp Vault's HTTP API, as far as a client of KV version 2 sees it, written from the public API
 * documentation (developer.hashicorp.com/vault/api-docs: secret/kv/kv-v2, auth/approle, auth/jwt, auth/token, and
 * "HTTP status codes"). Vault itself is not run in these tests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';

interface Version {
  readonly data: unknown;
  readonly created_time: string;
  deletion_time: string;
  destroyed: boolean;
}

interface Item {
  current: number;
  readonly versions: Map<number, Version>;
  max_versions: number;
  cas_required: boolean;
}

interface Token {
  /** Milliseconds since 1970; Infinity: never. */
  ends: number;
  /** Seconds. */
  readonly ttl: number;
  readonly renewable: boolean;
  readonly policy: Policy;
}

/** Whether a request is allowed; `path` is behind `/v1/`. */
type Policy = (method: string, path: string) => boolean;

export interface VaultDouble {
  readonly address: string;
  readonly rootToken: string;
  /** `METHOD path` of every request so far. */
  readonly requests: string[];
  /** Every current value, by namespace and path: what someone sees who may read all. */
  dump(): Readonly<Record<string, unknown>>;
  /** In the namespace without a name. */
  read(path: string): unknown;
  write(path: string, data: unknown): void;
  /** A token of its own. `ttl` in seconds. */
  token(options?: { ttl?: number; renewable?: boolean; policy?: Policy }): string;
  appRole(roleId: string, secretId: string, options?: { ttl?: number; policy?: Policy }): void;
  jwtRole(role: string, jwt: string, options?: { ttl?: number }): void;
  /** Every token made by a login ends now. */
  endTokens(): void;
  /** From now on answers this status; undefined: as usual. */
  fail(status: number | undefined, times?: number): void;
  seal(sealed: boolean): void;
  /** So many milliseconds ahead of this machine's clock. */
  setClock(ahead: number): void;
  stop(): Promise<void>;
}

const MAX_VERSIONS = 10;
const doubles = new Set<VaultDouble>();

class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly string[];
  constructor(status: number, ...errors: string[]) {
    super(errors.join());
    this.status = status;
    this.errors = errors;
  }
}

export async function startVaultDouble({ namespaces = [] as string[] } = {}): Promise<VaultDouble> {
  const items = new Map<string, Item>();
  const tokens = new Map<string, Token>();
  const logins = new Map<string, { body: Record<string, string>; ttl: number; policy: Policy }>();
  const requests: string[] = [];
  const all: Policy = () => true;
  let count = 0;
  let sealed = false;
  let ahead = 0;
  let failure: { status: number; times: number } | undefined;

  function newToken(token: Partial<Token> & { ttl: number }): string {
    count += 1;
    const value = `hvs.${'made-up'}-${count}-${process.pid}`;
    const ends = token.ttl > 0 ? Date.now() + token.ttl * 1_000 : Number.POSITIVE_INFINITY;
    tokens.set(value, { renewable: true, policy: all, ends, ...token });
    return value;
  }
  const rootToken = newToken({ ttl: 0, renewable: false });

  const authOf = (value: string, token: Token) => ({
    client_token: value,
    accessor: 'accessor',
    policies: ['default'],
    lease_duration: token.ttl,
    renewable: token.renewable,
  });

  function checkToken(request: IncomingMessage, path: string, method: string): { value: string; token: Token } {
    const value = String(request.headers['x-vault-token'] ?? '');
    const token = tokens.get(value);
    if (!token || token.ends <= Date.now()) throw new Refusal(403, 'permission denied');
    if (!token.policy(method, path)) throw new Refusal(403, '1 error occurred:\n\t* permission denied\n\n');
    return { value, token };
  }

  function auth(request: IncomingMessage, path: string, body: Record<string, unknown>): unknown {
    if (path === 'auth/token/renew-self') {
      const { value, token } = checkToken(request, path, 'POST');
      if (!token.renewable) throw new Refusal(400, 'lease is not renewable');
      token.ends = Date.now() + token.ttl * 1_000;
      return { auth: authOf(value, token) };
    }
    const wanted = logins.get(`${path} ${String(body.role_id ?? body.role)}`);
    if (!wanted) throw new Refusal(400, 'invalid role or secret ID');
    for (const [field, value] of Object.entries(wanted.body)) {
      if (body[field] !== value)
        throw new Refusal(400, field === 'jwt' ? 'error validating token' : 'invalid secret id');
    }
    const value = newToken({ ttl: wanted.ttl, policy: wanted.policy });
    const token = tokens.get(value);
    return { auth: token && authOf(value, token) };
  }

  const metadataOf = (number: number, { created_time, deletion_time, destroyed }: Version) => ({
    created_time,
    custom_metadata: null,
    deletion_time,
    destroyed,
    version: number,
  });

  function readData(key: string): unknown {
    const item = items.get(key);
    const version = item?.versions.get(item.current);
    if (!item || !version) throw new Refusal(404);
    const gone = version.deletion_time !== '' || version.destroyed;
    const answer = { data: { data: gone ? null : version.data, metadata: metadataOf(item.current, version) } };
    if (gone) throw Object.assign(new Refusal(404), { answer });
    return answer;
  }

  function writeData(key: string, body: Record<string, unknown>): unknown {
    const options = (body.options ?? {}) as { cas?: number };
    const item: Item = items.get(key) ?? {
      current: 0,
      versions: new Map(),
      max_versions: MAX_VERSIONS,
      cas_required: false,
    };
    if (item.cas_required && options.cas === undefined) {
      throw new Refusal(400, 'check-and-set parameter required for this call');
    }
    if (options.cas !== undefined && options.cas !== item.current) {
      throw new Refusal(400, 'check-and-set parameter did not match the current version');
    }
    if (typeof body.data !== 'object' || body.data === null) throw new Refusal(400, 'no data provided');
    item.current += 1;
    const version = {
      data: body.data,
      created_time: new Date(Date.now() + ahead).toISOString(),
      deletion_time: '',
      destroyed: false,
    };
    item.versions.set(item.current, version);
    item.versions.delete(item.current - item.max_versions);
    items.set(key, item);
    return { data: metadataOf(item.current, version) };
  }

  function listKeys(folder: string): unknown {
    const names = new Set<string>();
    for (const key of items.keys()) {
      if (!key.startsWith(folder)) continue;
      const [name = '', ...rest] = key.slice(folder.length).split('/');
      names.add(rest.length > 0 ? `${name}/` : name);
    }
    if (names.size === 0) throw new Refusal(404);
    return { data: { keys: [...names].sort() } };
  }

  function kv(method: string, namespace: string, path: string, body: Record<string, unknown>): unknown {
    const [mount, area, ...rest] = path.split('/');
    const key = `${namespace}|${rest.join('/')}`;
    // Version 1 of the engine.
    if (mount === 'kv1') {
      if (method === 'POST') return undefined;
      throw new Refusal(404);
    }
    if (mount !== 'secret' || (namespace !== '' && !namespaces.includes(namespace))) {
      throw new Refusal(404, `no handler for route "${path}". route entry not found.`);
    }
    if (area === 'data' && method === 'GET') return readData(key);
    if (area === 'data' && method === 'POST') return writeData(key, body);
    if (area === 'data' && method === 'DELETE') {
      const item = items.get(key);
      const version = item?.versions.get(item.current);
      if (version) version.deletion_time = new Date().toISOString();
      return undefined;
    }
    if (area === 'metadata' && method === 'LIST') return listKeys(key.endsWith('/') ? key : `${key}/`);
    if (area === 'metadata' && method === 'DELETE') {
      items.delete(key);
      return undefined;
    }
    throw new Refusal(405, 'unsupported operation');
  }

  function answer(request: IncomingMessage, text: string): unknown {
    const url = new URL(request.url ?? '/', 'http://double');
    const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '');
    const listing = url.searchParams.get('list') === 'true';
    const method = request.method === 'GET' && listing ? 'LIST' : (request.method ?? 'GET');
    requests.push(`${method} ${path}`);
    if (failure && failure.times > 0) {
      failure.times -= 1;
      throw new Refusal(failure.status, 'internal error');
    }
    if (sealed) throw new Refusal(503, 'Vault is sealed');
    if (request.headers['x-vault-request'] !== 'true') throw new Refusal(400, 'missing request header');
    const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
    if (path.startsWith('auth/')) return auth(request, path, body);
    checkToken(request, path, method);
    return kv(method, String(request.headers['x-vault-namespace'] ?? ''), path, body);
  }

  function reply(request: IncomingMessage, response: ServerResponse, text: string): void {
    const send = (status: number, body?: unknown) => {
      const date = new Date(Date.now() + ahead).toUTCString();
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', date });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    try {
      const body = answer(request, text);
      send(body === undefined ? 204 : 200, body && { request_id: 'r', lease_id: '', ...body });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(error.status, 'answer' in error ? error.answer : { errors: error.errors });
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => reply(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const double: VaultDouble = {
    address: `http://127.0.0.1:${port}`,
    rootToken,
    requests,
    dump: () =>
      Object.fromEntries(
        [...items].flatMap(([key, { current, versions }]) => {
          const version = versions.get(current);
          return version && version.deletion_time === '' ? [[key, version.data]] : [];
        }),
      ),
    read: (path) => {
      const item = items.get(`|${path}`);
      return item?.versions.get(item.current)?.data;
    },
    write: (path, data) => void writeData(`|${path}`, { data }),
    token: ({ ttl = 0, renewable = true, policy = all } = {}) => newToken({ ttl, renewable, policy }),
    appRole: (roleId, secretId, { ttl = 3_600, policy = all } = {}) =>
      void logins.set(`auth/approle/login ${roleId}`, { body: { role_id: roleId, secret_id: secretId }, ttl, policy }),
    jwtRole: (role, jwt, { ttl = 3_600 } = {}) =>
      void logins.set(`auth/jwt/login ${role}`, { body: { role, jwt }, ttl, policy: all }),
    endTokens() {
      for (const [value, token] of tokens) if (value !== rootToken) token.ends = 0;
    },
    fail(status, times = 1) {
      failure = status === undefined ? undefined : { status, times };
    },
    setClock(milliseconds) {
      ahead = milliseconds;
    },
    seal(value) {
      sealed = value;
    },
    async stop() {
      doubles.delete(double);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  doubles.add(double);
  return double;
}

afterAll(async () => {
  for (const double of doubles) await double.stop();
});
