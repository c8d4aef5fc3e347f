import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { isLoopback } from '../origins.ts';
import type { McpAccess } from '../providers/types.ts';

/** Where the credential may go. Throws `unsupported` where there is no endpoint, `usage` for `http://` to another host. */
export function endpointOf({ access, ref, profile }: Credential): McpAccess {
  if (!access) {
    throw new UserError('unsupported', `${ref} has no MCP endpoint: its server runs on this machine.`, {
      hint: `mcpkey exec ${ref} -- COMMAND`,
    });
  }
  const url = new URL(access.url);
  if (url.protocol !== 'https:' && profile.allowHttp !== true && !isLoopback(url.hostname)) {
    throw new UserError('usage', `${url.origin} is not encrypted; a credential is not sent there.`, {
      hint: 'Use the https:// URL, or, inside a network you trust: mcpkey profile set PROFILE --allow-http',
    });
  }
  return access;
}
