/** ApexMCP's own token endpoint: OAuth 2 client credentials (RFC 6749 §4.4) in a form, answered by an RS256 JWT. */
import { errors, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { json } from './replies.ts';
import { headerOf, type SandboxRequest } from './request.ts';
import { randomWord } from './shelf.ts';

export interface ApexClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ApexTokens {
  createClient(scopes?: readonly string[]): ApexClient;
  answer(request: SandboxRequest): Promise<Response>;
  /** The scopes of a token made here; undefined for any other. */
  judge(token: string | undefined): Promise<readonly string[] | undefined>;
  end(): Promise<void>;
}

const ISSUER = 'https://gateway.apexmcp.ai';
const SCOPE = /^mcp:call(:[a-z0-9-]+)?$/;

interface Registered extends ApexClient {
  readonly scopes: readonly string[] | undefined;
}

export async function createApexTokens(lifetime: number): Promise<ApexTokens> {
  const clients: Registered[] = [];
  let keys = await generateKeyPair('RS256');

  async function sign(client: ApexClient, scope: string): Promise<string> {
    return new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(client.clientId)
      .setJti(randomWord(16))
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifetime)
      .sign(keys.privateKey);
  }

  return {
    createClient(scopes) {
      const client = { clientId: `apx_client_${randomWord(8)}`, clientSecret: `apx_secret_${randomWord(24)}`, scopes };
      clients.push(client);
      return { clientId: client.clientId, clientSecret: client.clientSecret };
    },
    async answer(request) {
      const refused = flawOf(request, clients);
      if (refused !== undefined) return json(refused.status, { error: refused.error });
      const form = new URLSearchParams(request.text);
      const client = clients.find((candidate) => candidate.clientId === form.get('client_id'));
      if (client === undefined) return json(401, { error: 'invalid_client' });
      const scope = form.get('scope') ?? (client.scopes ?? ['mcp:call']).join(' ');
      const access_token = await sign(client, scope);
      return json(
        200,
        { access_token, token_type: 'Bearer', expires_in: lifetime, scope },
        { 'cache-control': 'no-store' },
      );
    },
    async judge(token) {
      if (token === undefined) return undefined;
      try {
        const { payload } = await jwtVerify(token, keys.publicKey, { issuer: ISSUER, algorithms: ['RS256'] });
        return typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
    async end() {
      keys = await generateKeyPair('RS256');
    },
  };
}

/** Error codes of RFC 6749 §5.2. Client id and secret are taken from the form alone, as documented. */
function flawOf(
  request: SandboxRequest,
  clients: readonly Registered[],
): { status: number; error: string } | undefined {
  if (request.method !== 'POST') return { status: 405, error: 'invalid_request' };
  if (headerOf(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') !== true) {
    return { status: 400, error: 'invalid_request' };
  }
  const form = new URLSearchParams(request.text);
  const client = clients.find((candidate) => candidate.clientId === form.get('client_id'));
  if (client === undefined || client.clientSecret !== form.get('client_secret')) {
    return { status: 401, error: 'invalid_client' };
  }
  if (form.get('grant_type') !== 'client_credentials') return { status: 400, error: 'unsupported_grant_type' };
  const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  const known = asked.every((scope) => SCOPE.test(scope) && (client.scopes?.includes(scope) ?? true));
  return known ? undefined : { status: 400, error: 'invalid_scope' };
}
