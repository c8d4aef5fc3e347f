import type { Client } from '../clients/types.ts';
import { failure, ok, together, warning } from './findings.ts';
import type { FileState, ServerEntry } from './scope/clients.ts';
import { strangeReference, variablesOf } from './scope/references.ts';
import { takeOver } from './scope/takeover.ts';
import { placeCommand } from './scope/words.ts';
import { eachClient } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'client.unexpanded',
  title: 'References that the client does not expand',
  looksAt:
    'Each header, variable and address of every client’s servers: a reference to an environment variable in a spelling that this client does not know, or, in an entry that mcpkey did not place, to one that is not set.',
  warning:
    'The variable is set neither here nor for what the desktop starts: the client sends nothing, or the reference.',
  error: 'The client sends the reference itself in place of the key.',
  remedies: [
    'Let mcpkey hand over the key: mcpkey place KEY CLIENT --name SERVER --force',
    'Or write the reference as this client spells it, and set the variable where the client is started.',
  ],
  looks: eachClient(async ({ client, files }, scope) => {
    const looked = files.flatMap((state) => state.servers.map((server) => look({ client, server, state }, scope)));
    return together(await Promise.all(looked), `${client.title} has no server here.`);
  }),
};

interface Site {
  readonly client: Client;
  readonly server: ServerEntry;
  readonly state: FileState;
}

async function look(site: Site, scope: Scope): Promise<Finding> {
  const { client, server, state } = site;
  const strange = strangeReference(client, server, state.file);
  if (strange === undefined) return lookAtVariables(site, scope);
  const placed = server.owned && placeCommand(server.owned.owned.ref, server.owned.owned.placement);
  return failure(
    `"${server.name}" in ${state.file.path}: ${client.title} sends ${strange.written} as it stands there.`,
    placed ?? (await instead(site, scope, strange.right && `Write ${strange.right} there`)),
  );
}

/** Of what mcpkey placed, `placement.env` tells. */
async function lookAtVariables(site: Site, scope: Scope): Promise<Finding> {
  const { client, server, state } = site;
  const fine = ok(`"${server.name}" has no reference that ${client.title} does not expand.`);
  const read = server.owned ? [] : variablesOf(client, server, state.file);
  if (read.length === 0) return fine;
  const session = await scope.variables();
  const unset = read.filter((name) => !scope.context.env[name] && !session.get(name));
  if (unset.length === 0) return fine;
  const are = unset.length === 1 ? 'which is' : 'which are';
  return warning(
    `"${server.name}" in ${state.file.path} reads ${unset.join(', ')}, ${are} not set here.`,
    await instead(site, scope, `Set ${unset.join(', ')} where ${client.title} is started`),
  );
}

/** The key by mcpkey, where one of its keys is for this server; else what a person can do. */
async function instead({ client, server, state }: Site, scope: Scope, byHand: string | undefined): Promise<string> {
  const site = { client: client.id, scope: state.file.scope, server: server.name, url: server.parts.url };
  const byUs = 'the key with mcpkey: mcpkey import NAME';
  return (await takeOver(scope, site)) ?? (byHand === undefined ? `Keep ${byUs}` : `${byHand}, or keep ${byUs}`);
}
