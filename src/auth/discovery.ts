/**
 * From an MCP URL or an issuer to the authorization server's metadata: RFC 9728, RFC 8414, OpenID Connect Discovery.
 * openid-client tries one form of the address only, so the order of the MCP specification is kept here.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { overloaded } from './server-words.ts';
import { type AuthPorts, exchangeJson, guardedFetch, type JsonAnswer, networkError } from './transport.ts';

const texts = z.array(z.string());
const protectedResource = z.object({
  resource: z.string(),
  authorization_servers: texts.optional(),
  scopes_supported: texts.optional(),
});
const authServer = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string().exactOptional(),
  token_endpoint: z.string().exactOptional(),
  device_authorization_endpoint: z.string().exactOptional(),
  revocation_endpoint: z.string().exactOptional(),
  registration_endpoint: z.string().exactOptional(),
  jwks_uri: z.string().exactOptional(),
  scopes_supported: texts.exactOptional(),
  grant_types_supported: texts.exactOptional(),
  code_challenge_methods_supported: texts.exactOptional(),
  token_endpoint_auth_methods_supported: texts.exactOptional(),
  authorization_response_iss_parameter_supported: z.boolean().exactOptional(),
  client_id_metadata_document_supported: z.boolean().exactOptional(),
});

/** Members as RFC 8414 §2 names them. */
export type AuthServer = z.infer<typeof authServer>;

export interface ProtectedResource {
  readonly resource: string;
  readonly issuer: string;
  /** Scopes to ask for where the person named none: the challenge's, else all that the resource lists. */
  readonly scopes: readonly string[];
}

type Ports = AuthPorts & { readonly allowHttp: boolean; readonly now: () => number };

/**
 * Who guards an MCP endpoint. Undefined where it says nothing (then the server's own origin may be the issuer).
 * Throws `bad_response` where the metadata is for another resource (RFC 9728 §3.3), `unreachable`.
 */
export async function discoverResource(mcpUrl: string, ports: Ports): Promise<ProtectedResource | undefined> {
  const challenge = await askWithoutToken(mcpUrl, ports);
  for (const url of resourceMetadataUrls(mcpUrl, challenge.resource_metadata)) {
    const answer = await exchangeJson(ports, ports.allowHttp, url, { headers: { accept: 'application/json' } });
    const parsed = answer.status === 200 ? protectedResource.safeParse(answer.body) : undefined;
    if (!parsed?.success) continue;
    checkCovers(parsed.data.resource, mcpUrl, url);
    const issuer = parsed.data.authorization_servers?.[0];
    if (!issuer)
      throw new UserError('bad_response', `${url} names no authorization server.`, {
        hint: 'Name it with --issuer URL.',
      });
    const scopes = challenge.scope?.split(' ').filter(Boolean) ?? parsed.data.scopes_supported ?? [];
    return { resource: parsed.data.resource, issuer, scopes };
  }
  return undefined;
}

/** Real JSON-RPC, because a server may hang on anything else; some guard their tools alone, not `initialize`. */
const QUESTIONS = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'mcpkey', version: '1' } },
  },
  { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} },
];

async function askWithoutToken(mcpUrl: string, ports: Ports): Promise<Readonly<Record<string, string>>> {
  const send = guardedFetch(ports, ports.allowHttp);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  try {
    for (const question of QUESTIONS) {
      const response = await send(mcpUrl, { method: 'POST', headers, body: JSON.stringify(question) });
      // It may be a stream without end.
      await response.body?.cancel();
      if (response.status === 401) return readChallenge(response.headers.get('www-authenticate') ?? '');
      const session = response.headers.get('mcp-session-id');
      if (session) headers['mcp-session-id'] = session;
    }
    return {};
  } catch (error) {
    throw networkError(error, ports.signal, mcpUrl);
  }
}

/** Parameters of the Bearer challenge (RFC 9110 §11.6.1, RFC 6750 §3). */
export function readChallenge(header: string): Readonly<Record<string, string>> {
  const bearer = /(?:^|,\s*)bearer\s+(.*)$/is.exec(header)?.[1] ?? '';
  const parameters: Record<string, string> = {};
  for (const [, name = '', quoted, plain] of bearer.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return parameters;
}

function resourceMetadataUrls(mcpUrl: string, told: string | undefined): readonly string[] {
  const { origin, pathname } = new URL(mcpUrl);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  const path = pathname === '/' ? '' : pathname;
  return [...new Set([...(told ? [told] : []), `${root}${path}`, root])];
}

function checkCovers(resource: string, mcpUrl: string, source: string): void {
  const wanted = new URL(mcpUrl);
  const given = URL.canParse(resource) ? new URL(resource) : undefined;
  const folder = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  if (given?.origin === wanted.origin && folder(wanted.pathname).startsWith(folder(given.pathname))) return;
  throw new UserError('bad_response', `${source} speaks of the resource ${resource}, not of ${mcpUrl}.`, {
    hint: 'No token was asked for, because it would go to another server. Check --mcp-url.',
  });
}

/**
 * Metadata of the authorization server `issuer`. Throws `bad_response` where it names another issuer
 * (RFC 8414 §3.3: identical), `unsupported` where there is none, `server_error`, `unreachable`.
 */
export async function discoverServer(issuer: string, ports: Ports): Promise<AuthServer> {
  let failed: JsonAnswer | undefined;
  for (const url of serverMetadataUrls(issuer)) {
    const answer = await exchangeJson(ports, ports.allowHttp, url, { headers: { accept: 'application/json' } });
    if (answer.status === 429 || answer.status >= 500) failed = answer;
    if (answer.status !== 200 || answer.body === undefined) continue;
    const parsed = authServer.safeParse(answer.body);
    if (!parsed.success)
      throw new UserError('bad_response', `${url} is no authorization server metadata: ${firstFault(parsed.error)}.`);
    if (parsed.data.issuer === issuer) return parsed.data;
    throw new UserError(
      'bad_response',
      `${url} is the metadata of the issuer ${parsed.data.issuer}, not of ${issuer}.`,
      {
        hint: `If that is the same server, use --issuer ${parsed.data.issuer}`,
      },
    );
  }
  if (failed) throw overloaded(failed, issuer, ports.now());
  throw new UserError('unsupported', `${issuer} publishes no authorization server metadata.`, {
    hint: 'Check the issuer address; a login at this server needs --token-stdin or a key.',
  });
}

function firstFault(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'wrong form';
}

/** RFC 8414 §3.1 with the path behind the well-known part, the same for OpenID Connect, then its own older form. */
export function serverMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const openid = `${origin}/.well-known/openid-configuration`;
  return path === ''
    ? [oauth, openid]
    : [oauth, `${openid}${path}`, `${origin}${path}/.well-known/openid-configuration`];
}
