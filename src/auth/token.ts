import { UserError } from '../errors.ts';
import { discoverServer } from './discovery.ts';
import { checkClaims, verifySignature } from './jwt.ts';
import type { LoginMethod, LoginPorts, LoginRequest } from './types.ts';

/** A JWT that the person brings, from the service or from their own identity provider. It is not renewed. */
export const token: LoginMethod = {
  id: 'token',
  option: 'token-stdin',
  title: 'a JWT from elsewhere, on stdin',
  async run(request, ports) {
    if (!request.token) {
      throw new UserError('usage', 'There is no token.', {
        hint: 'Pipe it in: PROGRAM | mcpkey login … --token-stdin',
      });
    }
    const claims = checkClaims(request.token, {
      issuer: request.issuer ?? request.endpoints?.issuer,
      audience: request.audience,
      algorithms: request.endpoints?.algorithms,
      now: ports.now(),
    });
    const jwksUri = await findKeys(request, ports);
    if (jwksUri) await verifySignature(request.token, jwksUri, { ...ports, allowHttp: request.allowHttp });
    return {
      method: 'token',
      accessToken: request.token,
      expiresAt: claims.expiresAt === undefined ? undefined : new Date(claims.expiresAt).toISOString(),
      scope: claims.scope,
      account: claims.account,
      issuer: claims.issuer,
      audience: request.audience,
    };
  },
};

async function findKeys(request: LoginRequest, ports: LoginPorts): Promise<string | undefined> {
  const issuer = request.issuer ?? request.endpoints?.issuer;
  if (request.issuer === undefined && request.endpoints?.jwksUri) return request.endpoints.jwksUri;
  if (!issuer) return undefined;
  const server = await discoverServer(issuer, { ...ports, allowHttp: request.allowHttp });
  return server.jwks_uri;
}
