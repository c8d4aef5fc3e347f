/** What `fetch` throws, in a person's words. */

export interface NetworkFault {
  /** Ends the sentence "HOST could not be reached: …". */
  readonly what: string;
  readonly hint: string;
  /** False where the request cannot have arrived, so nothing can have come of it. */
  readonly sent: boolean;
  /** It will be the same a moment later: asking again is of no use. */
  readonly lasting?: boolean;
}

const CERTIFICATE = 'Check the address and the machine’s clock; a CA of your own goes into NODE_EXTRA_CA_CERTS=FILE.';
const ADDRESS = 'Check the address (mcpkey profile show), the network, and HTTPS_PROXY.';
const AGAIN = 'Try again; --timeout lets mcpkey wait longer.';

const unsent = (what: string, hint = ADDRESS): NetworkFault => ({ what, hint, sent: false });
const lasting = (what: string, hint = ADDRESS): NetworkFault => ({ ...unsent(what, hint), lasting: true });
const sent = (what: string, hint = AGAIN): NetworkFault => ({ what, hint, sent: true });

/** The Fetch standard's list of ports that no program asks, lest it be used against other services. */
const BLOCKED = lasting('its port is one that is never asked over HTTP', 'Use another port.');

const FAULTS: Readonly<Record<string, NetworkFault>> = {
  ENOTFOUND: lasting('its name is not known (DNS)'),
  EAI_AGAIN: unsent('its name could not be looked up now (DNS)'),
  ECONNREFUSED: unsent('nothing listens there (connection refused)'),
  EHOSTUNREACH: unsent('no way leads there (host unreachable)'),
  ENETUNREACH: unsent('no way leads there (network unreachable)'),
  EADDRNOTAVAIL: unsent('the address cannot be used from here'),
  UND_ERR_CONNECT_TIMEOUT: unsent('it did not take the connection in time', AGAIN),
  ETIMEDOUT: unsent('it did not take the connection in time', AGAIN),
  ECONNRESET: sent('the connection was broken off'),
  EPIPE: sent('the connection was broken off'),
  UND_ERR_SOCKET: sent('the connection was broken off'),
  UND_ERR_HEADERS_TIMEOUT: sent('it did not answer in time'),
  UND_ERR_BODY_TIMEOUT: sent('it stopped in the middle of its answer'),
  UND_ERR_ABORTED: sent('the request was broken off'),
  HPE_INVALID_CONSTANT: sent('what answers there does not speak HTTP', ADDRESS),
  CERT_HAS_EXPIRED: lasting('its certificate has ended (TLS)', CERTIFICATE),
  CERT_NOT_YET_VALID: lasting('its certificate is not valid yet (TLS)', CERTIFICATE),
  DEPTH_ZERO_SELF_SIGNED_CERT: lasting('its certificate is signed by itself (TLS)', CERTIFICATE),
  SELF_SIGNED_CERT_IN_CHAIN: lasting('its certificate comes from an unknown authority (TLS)', CERTIFICATE),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: lasting('its certificate comes from an unknown authority (TLS)', CERTIFICATE),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: lasting('its certificate comes from an unknown authority (TLS)', CERTIFICATE),
  UNABLE_TO_GET_ISSUER_CERT: lasting('its certificate comes from an unknown authority (TLS)', CERTIFICATE),
  ERR_TLS_CERT_ALTNAME_INVALID: lasting('its certificate is for another name (TLS)', CERTIFICATE),
  EPROTO: lasting('it does not speak TLS there', 'Is it http:// instead of https://, or another port?'),
  ERR_SSL_WRONG_VERSION_NUMBER: lasting(
    'it does not speak TLS there',
    'Is it http:// instead of https://, or another port?',
  ),
};

/** What undici says where the proxy of the environment does not open a tunnel. */
const TUNNEL = /^Proxy response \((\d+)\)/;

function proxyFault(error: unknown, depth = 0): NetworkFault | undefined {
  if (!(error instanceof Error) || depth > 5) return undefined;
  const status = TUNNEL.exec(error.message)?.[1];
  if (status === undefined) return proxyFault(error.cause, depth + 1);
  const what =
    status === '407' ? 'the proxy wants a login (HTTP 407)' : `the proxy let nothing through (HTTP ${status})`;
  return lasting(what, 'Check HTTPS_PROXY; a host that needs no proxy goes into NO_PROXY.');
}

/** The fault that `error` is, or undefined where it is no fault of the network. */
export function networkFault(error: unknown): NetworkFault | undefined {
  if (error instanceof Error && error.name === 'TimeoutError') return sent('it did not answer in time');
  const byProxy = proxyFault(error);
  if (byProxy) return byProxy;
  for (const code of codesOf(error)) {
    const known = FAULTS[code] ?? (code.startsWith('HPE_') ? FAULTS.HPE_INVALID_CONSTANT : undefined);
    if (known) return known;
    if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return lasting(`TLS failed (${code})`, CERTIFICATE);
  }
  if (error instanceof TypeError && error.cause instanceof Error && error.cause.message === 'bad port') return BLOCKED;
  // fetch throws a TypeError for whatever fails below it.
  return error instanceof TypeError && error.cause !== undefined ? sent(innermost(error)) : undefined;
}

/** True for what ends an answer in its middle; a time-out is none, because the answer may only be slow. */
export const isBrokenOff = (error: unknown): boolean =>
  !(error instanceof Error && error.name === 'TimeoutError') && networkFault(error) !== undefined;

/** True for a failure of the network that may be gone at the next attempt. */
export const mayPass = (error: unknown): boolean => {
  const fault = networkFault(error);
  return fault !== undefined && fault.lasting !== true;
};

/** Codes from the outside in; several addresses that all failed come as one error with `errors`. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap((one) => codesOf(one, depth + 1)) : [];
  return [...codesOf(error.cause, depth + 1), ...inner, ...own];
}

function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
