import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { isLoopback } from '../origins.ts';
import type { McpAccess } from '../providers/types.ts';
import { typed } from '../typed.ts';

/** Where the credential may go. Throws `unsupported` where there is no endpoint, `usage` for `http://` to another host. */
export function endpointOf({ access, ref, profile, provider }: Credential): McpAccess {
  if (!access) {
    throw new UserError('unsupported', `${ref} has no MCP endpoint: its server runs on this machine.`, {
      hint: typed`mcpkey exec ${ref} -- ${provider.settings.command ?? 'COMMAND'}`,
    });
  }
  const url = new URL(access.url);
  if (url.protocol !== 'https:' && profile.allowHttp !== true && !isLoopback(url.hostname)) {
    throw new UserError('usage', `${url.origin} is not encrypted; a credential is not sent there.`, {
      hint: typed`Use the https:// URL, or, inside a network you trust: mcpkey profile set ${profile.name} --allow-http`,
    });
  }
  return access;
}
