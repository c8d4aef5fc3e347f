/**
 * A real authorization server (oidc-provider) on loopback: device, authorization code with PKCE, client credentials,
 * rotating refresh tokens, revocation, JWT access tokens; with faults on demand, and a person who approves without a browser.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import type { IssuerContext } from 'oidc-provider';
import { approveBrowser, approveDevice } from './approval.ts';

export interface IssuerOptions {
  /** 0 or absent: any. */
  readonly port?: number;
  /** Seconds; default 3600. */
  readonly accessTokenTtl?: number;
  /** Seconds that a device code lives; default 600. */
  readonly deviceCodeTtl?: number;
  /** Scopes that every resource knows; default `mcp:read mcp:call mcp:full`. */
  readonly resourceScopes?: string;
  /** Audience of tokens that were asked for without `resource`; none: such tokens are opaque. */
  readonly defaultResource?: string;
  /** Offers dynamic client registration (RFC 7591). */
  readonly registration?: boolean;
  /** More clients, in oidc-provider's own words. */
  readonly clients?: readonly Readonly<Record<string, unknown>>[];
  /** Id and secret of the machine client; made up where absent. */
  readonly machine?: { readonly id: string; readonly secret: string };
  /** Any other setting of oidc-provider, laid over ours. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** One answer given instead of the server's own. `drop` closes the connection without any. */
export type Fault =
  | { readonly drop: true }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown };

export const SLOW_DOWN: Fault = { status: 400, body: { error: 'slow_down' } };
export const BAD_GATEWAY: Fault = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><body>502 Bad Gateway</body></html>',
};
export const UNAVAILABLE: Fault = {
  status: 503,
  headers: { 'retry-after': '1' },
  body: { error: 'temporarily_unavailable' },
};
export const DROPPED: Fault = { drop: true };

export type IssuerEndpoint = 'device' | 'token' | 'revocation' | 'metadata' | 'jwks';

const PATHS: Readonly<Record<IssuerEndpoint, readonly string[]>> = {
  device: ['/device/auth'],
  token: ['/token'],
  revocation: ['/token/revocation'],
  metadata: ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  jwks: ['/jwks'],
};

export interface Issuer {
  readonly issuer: string;
  readonly port: number;
  readonly clientIds: { readonly public: string; readonly machine: string };
  readonly machineSecret: string;
  /** Answers given, oldest first. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** The next answers of an endpoint, in this order; after them it is itself again. */
  fail(endpoint: IssuerEndpoint, ...faults: readonly Fault[]): void;
  /** Seconds that the device answer names as `interval`; default 1, undefined leaves it out (the client waits 5). */
  interval: number | undefined;
  /** Approves a device login as `ann`; `deny` refuses it. `uri` is `verification_uri_complete`. */
  approveDevice(uri: string, options?: { deny?: boolean }): Promise<void>;
  /** Approves an authorization request as `ann`, and calls the client's redirect URI; resolves to that URI. */
  approveBrowser(url: string): Promise<URL>;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 before it resolves. */
export async function startIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const machine = options.machine ?? { id: 'machine-client_1.0', secret: randomBytes(24).toString('hex') };
  const faults = new Map<IssuerEndpoint, Fault[]>();
  const requests: { method: string; path: string; status: number }[] = [];
  const state: { interval: number | undefined } = { interval: 1 };

  const settings = { ...configuration(options, machine), jwks: { keys: [await signingKey()] }, ...options.settings };
  const provider = await quietly(async () => {
    const { default: Provider } = await import('oidc-provider');
    return new Provider(url, settings);
  });
  provider.use(async (context, next) => {
    await answer(context, next, faults);
    if (context.path === '/device/auth' && state.interval !== undefined && isObject(context.body)) {
      context.body = { ...context.body, interval: state.interval };
    }
    requests.push({ method: context.method, path: context.path, status: context.status });
  });
  server.on('request', provider.callback());

  return {
    issuer: url,
    port,
    clientIds: { public: 'mcpkey-public', machine: machine.id },
    machineSecret: machine.secret,
    requests,
    fail: (endpoint, ...more) => void faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...more]),
    get interval() {
      return state.interval;
    },
    set interval(seconds) {
      state.interval = seconds;
    },
    approveDevice,
    approveBrowser,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const SCOPES = 'mcp:read mcp:call mcp:full';

const page = (title: string, body: string) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}`;
const button = (form: string, text: string, rest = '') =>
  `<button type="submit" form="${form}" ${rest}>${text}</button>`;

const DEVICE_PAGES = {
  userCodeInputSource: (context: IssuerContext, form: string) => {
    context.body = page('Sign in on a device', form + button('op.deviceInputForm', 'Continue'));
  },
  userCodeConfirmSource: (context: IssuerContext, form: string, _client: unknown, _device: unknown, code: string) => {
    const answers =
      button('op.deviceConfirmForm', 'Yes') + button('op.deviceConfirmForm', 'No', 'name="abort" value="yes"');
    context.body = page('Is this the code on your device?', `<p>${code}</p>${form}${answers}`);
  },
  successSource: (context: IssuerContext) => {
    context.body = page('Sign-in success', '<p>You may close this page.</p>');
  },
};

function configuration(
  options: IssuerOptions,
  machine: { id: string; secret: string },
): Readonly<Record<string, unknown>> {
  const ttl = options.accessTokenTtl ?? 3600;
  return {
    clients: [
      {
        client_id: 'mcpkey-public',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
      },
      {
        client_id: machine.id,
        client_secret: machine.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
      ...(options.clients ?? []),
    ],
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: true,
    issueRefreshToken: (
      _context: unknown,
      client: { grantTypeAllowed(type: string): boolean },
      code: { scopes: Set<string> },
    ) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true, ...DEVICE_PAGES },
      clientCredentials: { enabled: true },
      // The default policy is the same one, and prints a notice that it should be chosen.
      revocation: { enabled: true, allowedPolicy: isOwnToken },
      registration: { enabled: options.registration ?? false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => options.defaultResource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: options.resourceScopes ?? SCOPES,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ttl,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: ttl,
      ClientCredentials: ttl,
      DeviceCode: options.deviceCodeTtl ?? 600,
      Grant: 86_400,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    cookies: { keys: ['test'] },
  };
}

const isOwnToken = (_context: unknown, client: { clientId: string }, token: { clientId?: string }) =>
  token.clientId === client.clientId;

async function signingKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'test' };
}

async function answer(context: IssuerContext, next: () => Promise<void>, faults: Map<IssuerEndpoint, Fault[]>) {
  const endpoint = (Object.keys(PATHS) as IssuerEndpoint[]).find((id) => PATHS[id].includes(context.path));
  const fault = endpoint && faults.get(endpoint)?.shift();
  if (!fault) return next();
  if ('drop' in fault) return void context.req.socket.destroy();
  context.status = fault.status;
  for (const [name, value] of Object.entries(fault.headers ?? {})) context.set(name, value);
  context.body = fault.body;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** oidc-provider warns of its development settings on the console, which are meant so here. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn, info } = console;
  const filter =
    (print: typeof warn) =>
    (text: unknown, ...rest: unknown[]) => {
      if (!String(text).includes('oidc-provider')) print(text, ...rest);
    };
  console.warn = filter(warn);
  console.info = filter(info);
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}
