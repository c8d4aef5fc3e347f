/** The token that a trial uses: the environment's, or a login with what the environment holds. */
import type { LoginMethodId } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { type EnvironmentCredentials, environmentCredentials } from '../session/environment.ts';
import { loginPorts } from '../session/ports.ts';
import { buildRequest } from '../session/request.ts';

/** Throws `not_logged_in` where operations need a login and the environment holds no credential. */
export async function trialToken(context: Context, profile: Profile, provider: Provider): Promise<Secret | undefined> {
  const { operations } = provider.manifest;
  if (!Object.values(operations).some((operation) => operation?.mode === 'api')) return undefined;
  const credentials = environmentCredentials(context, profile.name, true);
  if (credentials.token) return credentials.token;
  const method = methodOf(credentials);
  if (!method) {
    throw new UserError('not_logged_in', 'The trial needs a credential of the service.', {
      provider: provider.id,
      hint: 'Set MCPKEY_TOKEN, or MCPKEY_EMAIL and MCPKEY_PASSWORD, or MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET.',
    });
  }
  const login = await context.login(method);
  const request = buildRequest(profile, provider, { method, scopes: [], credentials });
  const session = await login.run(request, loginPorts(context, profile, silent(context)));
  return session.accessToken;
}

function methodOf({ email, password, clientId, clientSecret }: EnvironmentCredentials): LoginMethodId | undefined {
  if (email && password) return 'password';
  return clientId && clientSecret ? 'client-credentials' : undefined;
}

/** These logins show nothing and open no browser. */
const silent = ({ io }: Pick<Context, 'io'>) => ({
  showDevice: () => undefined,
  openBrowser: async () => undefined,
  note: (line: string) => io.debug(line),
});
