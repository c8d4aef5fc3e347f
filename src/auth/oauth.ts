/** The one home of openid-client, loaded on first use: each grant of OAuth 2 as a call that returns tokens or throws a person's error. */
import type * as OpenidClient from 'openid-client';
import { type Secret, secret } from '../secret.ts';
import type { AuthServer } from './discovery.ts';
import { oauthError, tokenErrorCode } from './oauth-errors.ts';
import { DEVICE_GRANT, tokenFetch } from './token-fetch.ts';
import type { AuthPorts } from './transport.ts';
import type { Session } from './types.ts';

export type ClientAuth = NonNullable<Session['clientAuth']>;

export interface OAuthClient {
  readonly id: string;
  readonly secret?: Secret | undefined;
  readonly auth: ClientAuth;
}

export interface Tokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  /** Seconds from now. */
  readonly expiresIn: number | undefined;
  readonly scope: string | undefined;
  /** Claims of the ID token, checked by the library. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** The client authentication that the server took. */
  readonly clientAuth: ClientAuth;
}

export interface DeviceCode {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | undefined;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds; RFC 8628 §3.2: 5 where the server does not say. */
  readonly interval: number;
}

type Parameters = Readonly<Record<string, string | undefined>>;

/** The grants of one client at one server. Every member throws what `oauthError` makes, but `pollDevice`: it throws as the library does. */
export interface OAuth {
  device(parameters: Parameters): Promise<DeviceCode>;
  pollDevice(code: DeviceCode, parameters: Parameters): Promise<Tokens>;
  /** A new authorization request with PKCE (S256) and state, and the way to end it. */
  authorize(parameters: Parameters): Promise<{ url: string; finish(callback: URL): Promise<Tokens> }>;
  clientCredentials(parameters: Parameters): Promise<Tokens>;
  refresh(refreshToken: Secret, parameters: Parameters): Promise<Tokens>;
  revoke(token: Secret, hint: 'refresh_token' | 'access_token'): Promise<void>;
}

type Ports = AuthPorts & { readonly now: () => number; readonly allowHttp: boolean };

/** One request for tokens with the configuration it is given. */
type TokenRequest = (config: OpenidClient.Configuration) => ReturnType<typeof OpenidClient.genericGrantRequest>;

export async function openOAuth(server: AuthServer, client: OAuthClient, ports: Ports): Promise<OAuth> {
  const library = await import('openid-client');
  const config = configuration(library, server, client, ports);
  const send = createSender(library, client, (auth) => configuration(library, server, { ...client, auth }, ports));
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw oauthError(error, { library, server, ports });
    }
  };
  return {
    device: (parameters) => ask(() => startDevice(library, config, parameters)),
    pollDevice: ({ deviceCode }, parameters) =>
      send((at) =>
        library.genericGrantRequest(at, DEVICE_GRANT, { ...given(parameters), device_code: deviceCode.reveal() }),
      ),
    async authorize(parameters) {
      const { url, checks } = await startAuthorization(library, config, parameters);
      const more = given({ resource: parameters.resource });
      return {
        url,
        finish: (callback) => ask(() => send((at) => library.authorizationCodeGrant(at, callback, checks, more))),
      };
    },
    clientCredentials: (parameters) => ask(() => send((at) => library.clientCredentialsGrant(at, given(parameters)))),
    refresh: (token, parameters) =>
      ask(() => send((at) => library.refreshTokenGrant(at, token.reveal(), given(parameters)))),
    revoke: (token, hint) => ask(() => library.tokenRevocation(config, token.reveal(), { token_type_hint: hint })),
  };
}

/** Some servers say nothing of their client authentication and take the secret in the body only. */
function createSender(
  library: typeof OpenidClient,
  client: OAuthClient,
  configure: (auth: ClientAuth) => OpenidClient.Configuration,
): (request: TokenRequest) => Promise<Tokens> {
  return async (request) => {
    try {
      return tokens(await request(configure(client.auth)), client.auth);
    } catch (error) {
      if (client.auth !== 'client_secret_basic' || tokenErrorCode(library, error) !== 'invalid_client') throw error;
      return tokens(await request(configure('client_secret_post')), 'client_secret_post');
    }
  };
}

async function startAuthorization(
  library: typeof OpenidClient,
  config: OpenidClient.Configuration,
  parameters: Parameters,
) {
  const verifier = library.randomPKCECodeVerifier();
  const state = library.randomState();
  const url = library.buildAuthorizationUrl(config, {
    ...given(parameters),
    state,
    code_challenge: await library.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, checks: { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: false } };
}

function configuration(
  library: typeof OpenidClient,
  server: AuthServer,
  client: OAuthClient,
  ports: AuthPorts & { readonly allowHttp: boolean },
): OpenidClient.Configuration {
  const config = new library.Configuration(server, client.id, undefined, authentication(client));
  const send = tokenFetch(ports);
  config[library.customFetch] = (url, init) => send(url, init as RequestInit);
  // The address is judged by guardedFetch, which knows loopback and --allow-http; the time-out is the ports' own.
  library.allowInsecureRequests(config);
  Object.assign(config, { timeout: undefined });
  return config;
}

/** RFC 6749 §2.3.1; the library's own Basic also encodes `-_.`, which servers that do not decode refuse. */
function authentication(client: OAuthClient): OpenidClient.ClientAuth {
  const value = client.secret?.reveal();
  if (client.auth === 'client_secret_basic' && value !== undefined) {
    const pair = `${encodeURIComponent(client.id)}:${encodeURIComponent(value)}`;
    return (_server, _client, _body, headers) =>
      headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  return (_server, _client, body) => {
    body.set('client_id', client.id);
    if (client.auth === 'client_secret_post' && value !== undefined) body.set('client_secret', value);
  };
}

async function startDevice(
  library: typeof OpenidClient,
  config: OpenidClient.Configuration,
  parameters: Parameters,
): Promise<DeviceCode> {
  const answer = await library.initiateDeviceAuthorization(config, given(parameters));
  return {
    deviceCode: secret(answer.device_code),
    userCode: answer.user_code,
    verificationUri: answer.verification_uri,
    verificationUriComplete: answer.verification_uri_complete,
    expiresIn: answer.expires_in,
    interval: answer.interval ?? 5,
  };
}

function tokens(answer: Awaited<ReturnType<typeof OpenidClient.genericGrantRequest>>, clientAuth: ClientAuth): Tokens {
  return {
    accessToken: secret(answer.access_token),
    refreshToken: answer.refresh_token === undefined ? undefined : secret(answer.refresh_token),
    expiresIn: answer.expires_in,
    scope: answer.scope,
    claims: answer.claims(),
    clientAuth,
  };
}

function given(parameters: Parameters): Record<string, string> {
  const pairs = Object.entries(parameters).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  return Object.fromEntries(pairs);
}
