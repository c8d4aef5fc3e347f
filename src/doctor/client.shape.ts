import { readEntries } from '../clients/formats/index.ts';
import type { Client } from '../clients/types.ts';
import { UserError } from '../errors.ts';
import { placeOf } from '../placement/target.ts';
import { failure, ok, together } from './findings.ts';
import type { ClientState, FileState, ServerEntry } from './scope/clients.ts';
import { fieldsOf } from './scope/fields.ts';
import { faultIn, isServer } from './scope/misshapen.ts';
import { takeOver, urlIn } from './scope/takeover.ts';
import { eachClient } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'client.shape',
  title: 'Entries in the client’s own shape',
  looksAt:
    'Each client’s file: whether it parses, whether its servers stand in the table that this client reads, and whether each entry says its address, command, headers and variables in the fields that it reads, and its type in this client’s word.',
  error: 'The client passes the entry over, or sends no key: it was written for another client.',
  remedies: [
    'Write the entry in this client’s shape: mcpkey place KEY CLIENT does; --print shows it.',
    'Rename the table or field that is named.',
  ],
  looks: eachClient(async (state, scope) => {
    const findings = await Promise.all(state.files.map((file) => inFile(state, file, scope)));
    return together(findings.flat(), `${state.client.title} has no server here.`);
  }),
};

async function inFile({ client }: ClientState, state: FileState, scope: Scope): Promise<readonly Finding[]> {
  const { file, error, servers } = state;
  if (error) return [failure(error.message, error.hint ?? `Mend ${file.path} there.`)];
  const entries = servers.map((server) => inEntry(client, server, state, scope));
  return [...(await wrongTables(client, state, scope)), ...(await Promise.all(entries))];
}

async function inEntry(client: Client, server: ServerEntry, { file }: FileState, scope: Scope): Promise<Finding> {
  // What nothing is placed into may have a form of its own.
  const fault = file.aside ? undefined : faultIn(client, server, fieldsOf(client, scope.context.platform, file));
  if (fault === undefined) return ok(`"${server.name}" has the shape that ${client.title} reads.`);
  const site = { client: client.id, scope: file.scope, server: server.name, url: urlIn(server.entry) };
  const fix = (await takeOver(scope, site)) ?? fault.fix;
  return failure(`"${server.name}" in ${file.path}: ${fault.what}`, fix);
}

/** Tables of servers, in whatever client. */
const TABLES = ['mcpServers', 'servers', 'context_servers', 'mcp_servers', 'mcp', 'extensions', 'amp.mcpServers'];

async function wrongTables(client: Client, { file, bytes }: FileState, scope: Scope): Promise<readonly Finding[]> {
  const read = await tablesRead(file.path, scope);
  const own = file.servers[0] ?? '';
  const wrong: Finding[] = [];
  for (const table of TABLES.filter((each) => !read.has(each) && each !== own)) {
    const names = await serversIn(bytes, { ...placeOf(file), servers: [table], named: undefined });
    if (names.length === 0) continue;
    const seen = `${file.path} has ${names.map((name) => `"${name}"`).join(', ')} below "${table}"; ${client.title} reads "${own}".`;
    wrong.push(failure(seen, `Rename "${table}" to "${own}" in ${file.path}.`));
  }
  return wrong;
}

/** One file may have several readers. */
async function tablesRead(path: string, scope: Scope): Promise<ReadonlySet<string>> {
  const files = (await scope.clients()).flatMap((state) => state.files.map(({ file }) => file));
  return new Set(files.filter((file) => file.path === path).map(({ servers }) => servers[0] ?? ''));
}

async function serversIn(bytes: Buffer, place: Parameters<typeof readEntries>[1]): Promise<readonly string[]> {
  try {
    const entries = Object.entries(await readEntries(bytes, place));
    return entries.flatMap(([name, entry]) => (isServer(entry) ? [name] : []));
  } catch (error) {
    // Something else stands under that name.
    if (error instanceof UserError) return [];
    throw error;
  }
}
