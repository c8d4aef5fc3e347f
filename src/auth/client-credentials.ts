import { UserError } from '../errors.ts';
import { findGuard, makeSession, openGrant, requireEndpoint } from './grant.ts';
import type { LoginMethod } from './types.ts';

/** RFC 6749 §4.4: a program logs in as itself. The session keeps the secret, because no refresh token comes. */
export const clientCredentials: LoginMethod = {
  id: 'client-credentials',
  option: 'client-credentials',
  title: 'a client id and its secret, without a person',
  async run(request, ports) {
    if (!request.clientId || !request.clientSecret) {
      throw new UserError('usage', 'Client id and secret are needed.', {
        hint: 'Set MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET.',
      });
    }
    const guard = await findGuard(request, ports);
    requireEndpoint(guard.server, 'token_endpoint', 'by client credentials');
    const grant = await openGrant(guard, request, ports, { id: 'client_credentials' });
    const { scope, resource } = grant;
    const tokens = await grant.oauth.clientCredentials({ scope, resource, audience: request.audience });
    return makeSession('client-credentials', { ...tokens, refreshToken: undefined }, grant, request, ports);
  },
};
