/** What a runner of GitHub Actions serves to a job that may have an identity: a signed token for one audience. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Runner {
  /** `ACTIONS_ID_TOKEN_REQUEST_URL`. */
  readonly requestUrl: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. */
  readonly permit: string;
  /** `iss` of the tokens, with a discovery document and keys. */
  readonly issuer: string;
  /** Of the tokens given out so far, oldest first. */
  readonly audiences: readonly (string | null)[];
  /** Seconds that the next tokens live. */
  lifetime: number;
  /** Answers with this status instead of a token. */
  refusal: number | undefined;
  close(): void;
}

export async function startRunner(): Promise<Runner> {
  const permit = `permit-${Math.random().toString(36).slice(2)}-of-this-job`;
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const audiences: (string | null)[] = [];
  const state = { lifetime: 300, refusal: undefined as number | undefined };
  const sign = (audience: string | null) =>
    new SignJWT({ repository: 'ann/shop' })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'one' })
      .setIssuer(origin)
      .setSubject('repo:ann/shop:ref:refs/heads/main')
      .setAudience(audience ?? 'https://github.com/ann')
      .setJti(String(audiences.length))
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + state.lifetime)
      .sign(privateKey);
  const answer = async (path: string, search: URLSearchParams, header: string | undefined) => {
    if (path === '/.well-known/openid-configuration') return { issuer: origin, jwks_uri: `${origin}/jwks` };
    if (path === '/jwks') return { keys: [jwk] };
    if (path !== '/token' || search.get('api-version') !== '2.0') return 404;
    if (state.refusal !== undefined) return state.refusal;
    if (header !== `Bearer ${permit}`) return 401;
    audiences.push(search.get('audience'));
    return { count: 1, value: await sign(search.get('audience')) };
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://runner');
    const body = await answer(url.pathname, url.searchParams, request.headers.authorization);
    const status = typeof body === 'number' ? body : 200;
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return Object.assign(state, {
    requestUrl: `${origin}/token?api-version=2.0`,
    permit,
    issuer: origin,
    audiences,
    close: () => void server.close(),
  });
}
