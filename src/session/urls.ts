import { UserError } from '../errors.ts';
import { isLoopback } from '../origins.ts';

/**
 * An address as it is kept: without fragment, an API's without trailing slash (an MCP endpoint's may mean something).
 * Throws `usage` for what is no http(s) URL, or has a user name or password in it.
 */
export function tidyUrl(text: string, option: '--url' | '--mcp-url' | '--issuer'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UserError('usage', `${option}: that is no http or https URL.`, {
      hint: `${option} https://mcp.example.com`,
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError('usage', `${option}: the URL has a user name or a password in it.`, {
      hint: 'Leave them out: an address is kept and shown in clear. Log in with: mcpkey login',
    });
  }
  url.hash = '';
  return option === '--mcp-url' && url.pathname !== '/' ? url.href : url.href.replace(/\/+$/, '');
}

/** True where both are one address, but for a trailing slash. */
export const sameAddress = (one: string, other: string): boolean =>
  one.replace(/\/+$/, '') === other.replace(/\/+$/, '');

/** An issuer is compared letter by letter (RFC 8414 §3.3), so it is kept as typed. Throws `usage`. */
export function checkIssuer(text: string, allowHttp: boolean): string {
  const url = new URL(tidyUrl(text, '--issuer'));
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new UserError('usage', `--issuer: ${url.origin} is not https.`, {
      hint: 'Use https, or --allow-http for a network that you trust.',
    });
  }
  return text;
}
