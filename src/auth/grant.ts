/** What every OAuth login settles first: which server, which client, for which resource, with which scopes. */
import { UserError } from '../errors.ts';
import { type AuthServer, discoverResource, discoverServer } from './discovery.ts';
import { checkClaims, readClaims, verifySignature } from './jwt.ts';
import { type OAuth, type OAuthClient, openOAuth, type Tokens } from './oauth.ts';
import { chooseClient, type GrantId } from './registration.ts';
import type { LoginMethodId, LoginPorts, LoginRequest, Session } from './types.ts';

export interface Guard {
  readonly server: AuthServer;
  readonly resource: string | undefined;
  /** Scopes to ask for, in one text; undefined asks for the server's own default. */
  readonly scope: string | undefined;
}

export interface Grant extends Guard {
  readonly client: OAuthClient;
  readonly oauth: OAuth;
}

/** Finds the server by `--issuer`, the manifest's endpoints, its issuer, or the MCP endpoint's own word. */
export async function findGuard(request: LoginRequest, ports: LoginPorts): Promise<Guard> {
  const place = { ...ports, allowHttp: request.allowHttp };
  const fixed = request.issuer === undefined ? fixedServer(request) : undefined;
  if (fixed) return { server: fixed, resource: request.resource, scope: joined(request.scopes) };

  const issuer = request.issuer ?? request.endpoints?.issuer;
  if (issuer) {
    const server = await discoverServer(issuer, place);
    return { server, resource: request.resource ?? resourceOf(request), scope: joined(request.scopes) };
  }
  if (!request.mcpUrl)
    throw new UserError('usage', 'There is no server to log in at.', { hint: 'Give --mcp-url URL or --issuer URL.' });
  const found = await discoverResource(request.mcpUrl, place);
  const server = await discoverServer(found?.issuer ?? new URL(request.mcpUrl).origin, place);
  const scopes = request.scopes.length > 0 ? request.scopes : (found?.scopes ?? []);
  return {
    server,
    resource: request.resource ?? found?.resource ?? withoutFragment(request.mcpUrl),
    scope: joined(scopes),
  };
}

/** The client of a grant at a server that was found. `redirectUri` is the browser way's. */
export async function openGrant(
  guard: Guard,
  request: LoginRequest,
  ports: LoginPorts,
  grant: { id: GrantId; redirectUri?: string | undefined },
): Promise<Grant> {
  const client = await chooseClient(guard.server, request, ports, grant);
  const oauth = await openOAuth(guard.server, client, { ...ports, allowHttp: request.allowHttp });
  const scope = grant.id === 'client_credentials' ? guard.scope : withOfflineAccess(guard);
  return { ...guard, client, oauth, scope };
}

/** Throws `unsupported` where the server's metadata has no such endpoint. */
export function requireEndpoint(server: AuthServer, endpoint: keyof AuthServer, way: string): void {
  if (server[endpoint] !== undefined) return;
  throw new UserError('unsupported', `${server.issuer} has no login ${way}.`, {
    hint: 'Choose another way: mcpkey help login',
  });
}

/** The session that tokens make; where the person named issuer or audience, only a token that says the same. */
export async function makeSession(
  method: LoginMethodId,
  tokens: Tokens,
  grant: Grant,
  request: LoginRequest,
  ports: LoginPorts,
): Promise<Session> {
  const claims = readClaims(tokens.accessToken);
  if (request.issuer !== undefined && request.audience !== undefined) await checkOwn(tokens, grant, request, ports);
  const ends = tokens.expiresIn === undefined ? claims?.expiresAt : ports.now() + tokens.expiresIn * 1000;
  const person = text(tokens.claims?.email) ?? text(tokens.claims?.sub) ?? claims?.account;
  return {
    method,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    expiresAt: ends === undefined ? undefined : new Date(ends).toISOString(),
    scope: tokens.scope ?? grant.scope,
    account: method === 'client-credentials' ? grant.client.id : person,
    issuer: grant.server.issuer,
    clientId: grant.client.id,
    clientSecret: grant.client.secret,
    clientAuth: tokens.clientAuth,
    resource: grant.resource,
    audience: request.audience,
    tokenEndpoint: grant.server.token_endpoint,
    revocationEndpoint: grant.server.revocation_endpoint,
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

async function checkOwn(tokens: Tokens, grant: Grant, request: LoginRequest, ports: LoginPorts): Promise<void> {
  const expected = {
    issuer: grant.server.issuer,
    audience: request.audience,
    algorithms: request.endpoints?.algorithms,
    now: ports.now(),
  };
  checkClaims(tokens.accessToken, expected);
  const jwksUri = grant.server.jwks_uri;
  if (jwksUri) await verifySignature(tokens.accessToken, jwksUri, { ...ports, allowHttp: request.allowHttp });
}

function fixedServer({ endpoints }: LoginRequest): AuthServer | undefined {
  const first = endpoints?.tokenEndpoint;
  if (!first) return undefined;
  const optional = {
    authorization_endpoint: endpoints.authorizationEndpoint,
    device_authorization_endpoint: endpoints.deviceAuthorizationEndpoint,
    revocation_endpoint: endpoints.revocationEndpoint,
    jwks_uri: endpoints.jwksUri,
  };
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { issuer: endpoints.issuer ?? new URL(first).origin, token_endpoint: first, ...known };
}

/** `--audience` as RFC 8707 wants a resource: an absolute URI without fragment. Else the MCP endpoint. */
function resourceOf(request: LoginRequest): string | undefined {
  if (request.audience !== undefined)
    return URL.canParse(request.audience) ? withoutFragment(request.audience) : undefined;
  return request.mcpUrl === undefined ? undefined : withoutFragment(request.mcpUrl);
}

function withoutFragment(address: string): string {
  return address.replace(/#.*$/, '');
}

const joined = (scopes: readonly string[]): string | undefined =>
  scopes.length > 0 ? [...new Set(scopes)].join(' ') : undefined;

/** A refresh token comes with this scope where the server lists it; others refuse the whole request for it. */
function withOfflineAccess({ server, scope }: Guard): string | undefined {
  if (!server.scopes_supported?.includes('offline_access')) return scope;
  return joined([...(scope?.split(' ') ?? []), 'offline_access']);
}
