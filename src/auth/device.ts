import { Cancelled, UserError } from '../errors.ts';
import type { AuthServer } from './discovery.ts';
import { findGuard, makeSession, openGrant, requireEndpoint } from './grant.ts';
import type { DeviceCode, OAuth, Tokens } from './oauth.ts';
import { answerOf, oauthError } from './oauth-errors.ts';
import { retryAfter } from './retry-after.ts';
import type { DevicePrompt, LoginMethod, LoginPorts } from './types.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Timers may fire a little early, and a poll that comes early is answered with `slow_down`. */
const MARGIN = 250;
/** RFC 8628 §3.5: added for good after `slow_down`. */
const SLOWER = 5_000;
const LONGEST_PAUSE = 30_000;

/** RFC 8628: the person approves on any device with a browser. */
export const device: LoginMethod = {
  id: 'device',
  option: 'device',
  title: 'approve in a browser on any device (RFC 8628)',
  async run(request, ports) {
    const guard = await findGuard(request, ports);
    requireEndpoint(guard.server, 'device_authorization_endpoint', 'by device code');
    const grant = await openGrant(guard, request, ports, { id: GRANT });
    const { scope, resource } = grant;
    const code = await grant.oauth.device({ scope, resource, audience: request.audience });
    ports.showDevice(readPrompt(code, guard.server));
    const tokens = await poll({ oauth: grant.oauth, server: guard.server, code, resource }, ports);
    return makeSession('device', tokens, grant, request, ports);
  },
};

/** Only http(s) addresses are shown and opened. */
function readPrompt(code: DeviceCode, server: AuthServer): DevicePrompt {
  return {
    verificationUri: pageAddress(code.verificationUri, server),
    userCode: code.userCode,
    verificationUriComplete:
      code.verificationUriComplete === undefined ? undefined : pageAddress(code.verificationUriComplete, server),
    expiresIn: code.expiresIn,
  };
}

function pageAddress(address: string, server: AuthServer): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.href;
  throw new UserError('bad_response', `${server.issuer} names a page that is no web address.`);
}

interface Poll {
  readonly oauth: OAuth;
  readonly server: AuthServer;
  readonly code: DeviceCode;
  readonly resource: string | undefined;
}

/**
 * Asks until the person has answered or the code ends. The library's own loop sees an abort only after its running
 * wait, and gives up on a lost connection or a 502, which an approval outlives.
 */
async function poll({ oauth, server, code, resource }: Poll, ports: LoginPorts): Promise<Tokens> {
  const library = await import('openid-client');
  const deadline = ports.now() + code.expiresIn * 1000;
  const pace: Pace = { interval: code.interval * 1000, pause: 0 };
  for (;;) {
    await pausing(Math.max(pace.interval, pace.pause) + MARGIN, ports);
    if (ports.now() >= deadline) throw expired();
    try {
      return await oauth.pollDevice(code, { resource });
    } catch (error) {
      if (ports.signal.aborted) throw new Cancelled();
      if (!slowDown(library, error, pace, ports)) throw oauthError(error, { library, server, ports });
    }
  }
}

interface Pace {
  /** Milliseconds between two polls. */
  interval: number;
  /** Milliseconds to wait after a failure that may pass. */
  pause: number;
}

/** Changes the pace to what `error` asks for; false where it ends the login. */
function slowDown(library: typeof import('openid-client'), error: unknown, pace: Pace, ports: LoginPorts): boolean {
  const answer = answerOf(library, error);
  if (error instanceof library.ResponseBodyError && answer && answer.status < 429) {
    pace.pause = 0;
    if (error.error === 'authorization_pending') return true;
    if (error.error !== 'slow_down') return false;
    const told = error.cause.interval;
    pace.interval = Math.max(pace.interval + SLOWER, typeof told === 'number' ? told * 1000 : 0);
    return true;
  }
  if (error instanceof library.WWWAuthenticateChallengeError) return false;
  if (answer && answer.status >= 400 && answer.status < 429) return false;
  if (error instanceof UserError && error.code !== 'unreachable') return false;
  const asked = answer ? (retryAfter(answer.headers, ports.now()) ?? 0) * 1000 : 0;
  pace.pause = Math.max(asked, Math.min(LONGEST_PAUSE, Math.max(pace.interval, pace.pause * 2)));
  ports.note(`the server could not be asked (${answer ? `HTTP ${answer.status}` : 'no answer'}); going on`);
  return true;
}

/** Ends at once where the command is stopped. */
async function pausing(milliseconds: number, ports: LoginPorts): Promise<void> {
  try {
    await ports.sleep(milliseconds, ports.signal);
  } catch (error) {
    if (!ports.signal.aborted) throw error;
  }
  if (ports.signal.aborted) throw new Cancelled();
}

function expired(): UserError {
  return new UserError('not_logged_in', 'The code ended before anyone approved it.', {
    hint: 'Run the command again.',
  });
}
