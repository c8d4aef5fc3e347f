import { isLoopback } from '../origins.ts';
import { failure, ok, together, warning } from './findings.ts';
import type { FileState, ServerEntry } from './scope/clients.ts';
import { eachClient } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'client.http',
  title: 'Plain http in clients’ files',
  looksAt: 'The address of each server in every client’s config: plain http to another machine.',
  warning: 'What the client says there goes over the network in clear.',
  error: 'A credential goes over the network in clear.',
  remedies: [
    'Use the server’s https:// address.',
    'In a network that you trust: mcpkey doctor --accept client.http CLIENT',
  ],
  looks: eachClient(async ({ client, files }, scope) => {
    const looked = files.flatMap((file) => file.servers.map((server) => look(server, file, scope)));
    return together(looked, `${client.title} has no server here.`);
  }),
};

function look({ name, parts, owned }: ServerEntry, { file }: FileState, { context }: Scope): Finding {
  const url = parts.url !== undefined && URL.canParse(parts.url) ? new URL(parts.url) : undefined;
  if (!url) return ok(`"${name}" is started here.`);
  if (url.protocol !== 'http:' || isLoopback(url.hostname)) return ok(`"${name}" is reached safely.`);
  const profile = owned && context.profiles.get(owned.owned.ref.slice(0, owned.owned.ref.indexOf('/')));
  if (profile?.allowHttp) return ok(`"${name}" is reached over plain http, as asked for with --allow-http.`);
  const carries = Object.keys(parts.headers).length > 0;
  const seen = `"${name}" in ${file.path} is reached over plain http at ${url.host}${carries ? ', with a credential' : ''}.`;
  return (carries ? failure : warning)(seen, `Write https:// there, where ${url.hostname} has it.`);
}
