/** Which client id a login uses, in the order of the MCP specification: given, client ID metadata document, dynamic registration. */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { secret } from '../secret.ts';
import type { AuthServer } from './discovery.ts';
import type { ClientAuth, OAuthClient } from './oauth.ts';
import { overloaded, serverWords } from './server-words.ts';
import { checkAddress, exchangeJson } from './transport.ts';
import type { LoginPorts, LoginRequest, Registration } from './types.ts';

/**
 * The client ID metadata document that this package publishes (schema/client-metadata.json). Its content names this
 * very address, so the address stays with the version that first had it.
 */
export const CLIENT_METADATA_URL = 'https://cdn.jsdelivr.net/npm/mcpkey@0.1.0/schema/client-metadata.json';

export type GrantId = 'authorization_code' | 'client_credentials' | 'urn:ietf:params:oauth:grant-type:device_code';

const registered = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

/**
 * Throws `usage` where the person must bring a client id. `redirectUri` is the listener's, for the browser way.
 */
export async function chooseClient(
  server: AuthServer,
  request: LoginRequest,
  ports: LoginPorts,
  grant: { id: GrantId; redirectUri?: string | undefined },
): Promise<OAuthClient> {
  const given = request.clientId;
  const document = isDocumentUrl(given) ? given : CLIENT_METADATA_URL;
  if (given !== undefined && !isDocumentUrl(given)) return withAuth(server, request, given);
  if (grant.id === 'client_credentials') throw missingClient(server, grant.id);
  if (server.client_id_metadata_document_supported) return { id: document, auth: 'none' };

  const known = await ports.registrations.get(server.issuer);
  if (known && fits(known, grant)) return fromRegistration(server, known);
  if (server.registration_endpoint) {
    ports.note(`registering a client at ${server.issuer}`);
    const fresh = await register(server, server.registration_endpoint, request, ports, grant);
    await ports.registrations.set(server.issuer, fresh);
    return fromRegistration(server, fresh);
  }
  if (given !== undefined) return withAuth(server, request, given);
  throw missingClient(server, grant.id);
}

const isDocumentUrl = (id: string | undefined): id is string =>
  id !== undefined && URL.canParse(id) && new URL(id).protocol === 'https:' && new URL(id).pathname !== '/';

/** A client is registered for one grant: the browser's cannot poll for a device code, and the other way round. */
const fits = (known: Registration, { id, redirectUri }: { id: GrantId; redirectUri?: string | undefined }) =>
  (known.grant === undefined || known.grant === id) &&
  (redirectUri === undefined || known.redirectUri === undefined || known.redirectUri === redirectUri);

function missingClient(server: AuthServer, grant: GrantId): UserError {
  const secretToo = grant === 'client_credentials' ? ', and its secret in MCPKEY_CLIENT_SECRET' : '';
  return new UserError('usage', `${server.issuer} wants a client id that it knows.`, {
    hint: `Register mcpkey there, then give --client-id ID${secretToo}`,
  });
}

function withAuth(server: AuthServer, request: LoginRequest, id: string): OAuthClient {
  const documented = request.issuer === undefined ? request.endpoints?.clientAuth : undefined;
  if (request.clientSecret === undefined) return { id, auth: 'none' };
  return { id, secret: request.clientSecret, auth: documented ?? supportedAuth(server) };
}

function fromRegistration(server: AuthServer, known: Registration): OAuthClient {
  if (known.clientSecret === undefined) return { id: known.clientId, auth: 'none' };
  return { id: known.clientId, secret: known.clientSecret, auth: known.clientAuth ?? supportedAuth(server) };
}

/** RFC 8414 §2: `client_secret_basic` where the server does not say. */
function supportedAuth(server: AuthServer): ClientAuth {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const order: readonly ClientAuth[] = ['client_secret_basic', 'client_secret_post', 'none'];
  return order.find((method) => methods.includes(method)) ?? 'client_secret_basic';
}

/** RFC 7591 §3.1, as a native application; a server that wants a secret gives one. */
async function register(
  server: AuthServer,
  endpoint: string,
  request: LoginRequest,
  ports: LoginPorts,
  grant: { id: GrantId; redirectUri?: string | undefined },
): Promise<Registration> {
  checkAddress(endpoint, request.allowHttp);
  const methods = server.token_endpoint_auth_methods_supported;
  const method = methods === undefined || methods.includes('none') ? 'none' : supportedAuth(server);
  const metadata = {
    client_name: 'mcpkey',
    application_type: 'native',
    redirect_uris: [grant.redirectUri ?? 'http://127.0.0.1/callback'],
    grant_types: [grant.id, 'refresh_token'],
    response_types: grant.id === 'authorization_code' ? ['code'] : [],
    token_endpoint_auth_method: method,
  };
  const answer = await exchangeJson(ports, request.allowHttp, endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(metadata),
  });
  if (answer.status === 429 || answer.status >= 500) throw overloaded(answer, server.issuer, ports.now());
  const parsed = registered.safeParse(answer.body);
  if (answer.status >= 300 || !parsed.success) {
    throw new UserError(
      'refused',
      `${server.issuer} did not register mcpkey: HTTP ${answer.status}${description(answer.body)}.`,
      {
        status: answer.status,
        hint: 'Register a client there yourself, then: mcpkey login … --client-id ID',
      },
    );
  }
  const { client_id, client_secret, token_endpoint_auth_method } = parsed.data;
  return {
    clientId: client_id,
    clientSecret: client_secret === undefined ? undefined : secret(client_secret),
    clientAuth: knownAuth(token_endpoint_auth_method) ?? (client_secret === undefined ? 'none' : undefined),
    redirectUri: grant.redirectUri,
    grant: grant.id,
  };
}

function knownAuth(name: string | undefined): ClientAuth | undefined {
  const known: readonly ClientAuth[] = ['none', 'client_secret_basic', 'client_secret_post'];
  return known.find((method) => method === name);
}

const errorBody = z.object({ error: z.string().optional(), error_description: z.string().optional() });

function description(body: unknown): string {
  const parsed = errorBody.safeParse(body);
  const text = parsed.success ? (parsed.data.error_description ?? parsed.data.error) : undefined;
  return text ? ` (${serverWords(text)})` : '';
}
