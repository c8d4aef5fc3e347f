import { Cancelled, UserError } from '../errors.ts';
import { listenForRedirect, type RedirectListener } from '../system/loopback.ts';
import type { AuthServer } from './discovery.ts';
import { findGuard, makeSession, openGrant, requireEndpoint } from './grant.ts';
import type { LoginMethod, LoginPorts, LoginRequest } from './types.ts';

const PATH = '/callback';
/** Milliseconds that a person has for the browser. */
const PATIENCE = 10 * 60_000;

/** RFC 8252 and RFC 7636: the browser on this machine, answered on loopback. */
export const web: LoginMethod = {
  id: 'web',
  option: 'web',
  title: 'sign in with the browser on this machine (PKCE)',
  async run(request, ports) {
    const guard = await findGuard(request, ports);
    requireEndpoint(guard.server, 'authorization_endpoint', 'by browser');
    requirePkce(guard.server);
    const listener = await listen(guard.server, request, ports);
    try {
      const { redirectUri } = listener;
      const grant = await openGrant(guard, request, ports, { id: 'authorization_code', redirectUri });
      const { scope, resource } = grant;
      const { audience } = request;
      // OpenID Connect Core §11: offline access is given only where the person was asked.
      const prompt = scope?.split(' ').includes('offline_access') ? 'consent' : undefined;
      const asked = await grant.oauth.authorize({ redirect_uri: redirectUri, scope, resource, audience, prompt });
      await ports.openBrowser(asked.url);
      const tokens = await asked.finish(await answered(listener, ports));
      return await makeSession('web', tokens, grant, request, ports);
    } finally {
      listener.close();
    }
  },
};

/** MCP authorization: no PKCE, no login. Servers that say nothing of it are sent it all the same. */
function requirePkce(server: AuthServer): void {
  const methods = server.code_challenge_methods_supported;
  if (methods === undefined || methods.includes('S256')) return;
  throw new UserError(
    'unsupported',
    `${server.issuer} does not support PKCE with S256, so a code could be stolen on its way.`,
  );
}

/** The port of a remembered registration first: some servers compare it, though RFC 8252 §7.3 frees it. */
async function listen(server: AuthServer, request: LoginRequest, ports: LoginPorts): Promise<RedirectListener> {
  const { signal } = ports;
  if (request.redirectPort) return listenForRedirect({ path: PATH, port: request.redirectPort, signal });
  const known = request.clientId === undefined ? await ports.registrations.get(server.issuer) : undefined;
  const port = known?.redirectUri && URL.canParse(known.redirectUri) ? Number(new URL(known.redirectUri).port) : 0;
  try {
    return await listenForRedirect({ path: PATH, port, signal });
  } catch (error) {
    if (port === 0 || !(error instanceof UserError)) throw error;
    return listenForRedirect({ path: PATH, signal });
  }
}

async function answered(listener: RedirectListener, ports: LoginPorts): Promise<URL> {
  const done = new AbortController();
  const tooLate = ports.sleep(PATIENCE, AbortSignal.any([ports.signal, done.signal])).then(
    () => undefined,
    () => undefined,
  );
  try {
    const callback = await Promise.race([listener.callback, tooLate]);
    if (ports.signal.aborted) throw new Cancelled();
    if (callback) return callback;
    throw new UserError('not_logged_in', 'Nobody signed in within ten minutes.', {
      hint: 'Run the command again, or use --device.',
    });
  } catch (error) {
    throw ports.signal.aborted ? new Cancelled() : error;
  } finally {
    done.abort();
  }
}
