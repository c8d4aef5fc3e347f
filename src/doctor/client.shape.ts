import { readEntries } from '../clients/formats/index.ts';
import type { Client } from '../clients/types.ts';
import { UserError } from '../errors.ts';
import { placeOf } from '../placement/target.ts';
import { isObject } from '../proxy/message.ts';
import { failure, ok, together } from './findings.ts';
import type { ClientState, FileState, ServerEntry } from './scope/clients.ts';
import { type Fields, fieldsOf } from './scope/fields.ts';
import { takeOver, urlIn } from './scope/takeover.ts';
import { eachClient } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'client.shape',
  title: 'Entries in the client’s own shape',
  looksAt:
    'Each client’s file: whether it parses, whether its servers stand in the table that this client reads, and whether each entry says its address, command, headers and variables in the fields that it reads.',
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

const ADDRESSES = ['url', 'serverUrl', 'httpUrl', 'uri', 'baseUrl', 'endpoint'];
const COMMANDS = ['command', 'cmd'];
/** Fields whose absence makes the client pass a remote entry over. */
const NEEDS_TYPE: ReadonlySet<string> = new Set(['claude-code', 'cline', 'cline-cli', 'roo-code']);

async function inEntry(client: Client, server: ServerEntry, { file }: FileState, scope: Scope): Promise<Finding> {
  // What nothing is placed into may have a form of its own.
  const fault = file.aside ? undefined : faultIn(client, server, fieldsOf(client, scope.context.platform));
  if (fault === undefined) return ok(`"${server.name}" has the shape that ${client.title} reads.`);
  const site = { client: client.id, scope: file.scope, server: server.name, url: urlIn(server.entry) };
  const fix = (await takeOver(scope, site)) ?? fault.fix;
  return failure(`"${server.name}" in ${file.path}: ${fault.what}`, fix);
}

interface Fault {
  readonly what: string;
  readonly fix: string;
}

/** What makes the client pass it over; `fields` are the client's own names. */
export function faultIn(client: Client, { entry, parts }: ServerEntry, fields: Fields): Fault | undefined {
  if (!isObject(entry)) return { what: 'it is no table.', fix: 'Write it as a table.' };
  const { title } = client;
  if (isLocalOnly(client) && parts.url !== undefined && parts.command === undefined) {
    return {
      what: `${title} starts local servers only, and takes no address.`,
      fix: 'Let mcpkey start it: place a key with mode proxy.',
    };
  }
  const own = [...ADDRESSES, ...COMMANDS].filter((name) => hasText(entry[name]));
  if (own.length > 0 && parts.url === undefined && parts.command === undefined) {
    const right = own.some((name) => COMMANDS.includes(name)) ? fields.command : fields.url;
    return { what: `${title} does not read "${own.join('", "')}".`, fix: renamed(own.join('", "'), right, client) };
  }
  if (NEEDS_TYPE.has(client.id) && parts.url !== undefined && parts.command === undefined && entry.type === undefined) {
    return { what: `it has an address but no "type", and ${title} passes it over.`, fix: 'Add "type": "http".' };
  }
  return unread(client, entry, { parts, fields });
}

/** It takes a key itself from local servers alone, so no address. */
const isLocalOnly = ({ localModes = [] }: Client): boolean => localModes.includes('plain');

/** Headers and variables under another client's name for them. */
function unread(
  client: Client,
  entry: Readonly<Record<string, unknown>>,
  { parts, fields }: Pick<ServerEntry, 'parts'> & { readonly fields: Fields },
): Fault | undefined {
  const { title } = client;
  const lost = (names: readonly string[]) => names.find((name) => isFilled(entry[name]));
  const headers = lost(['headers', 'http_headers', 'requestInit', 'requestOptions']);
  if (parts.url !== undefined && headers !== undefined && Object.keys(parts.headers).length === 0) {
    return {
      what: `${title} does not read "${headers}", so no key is sent.`,
      fix: renamed(headers, fields.headers, client),
    };
  }
  const variables = lost(['env', 'environment', 'envs']);
  if (parts.command !== undefined && variables !== undefined && Object.keys(parts.env).length === 0) {
    return {
      what: `${title} does not read "${variables}", so the server gets no key.`,
      fix: renamed(variables, fields.env, client),
    };
  }
  return undefined;
}

const renamed = (wrong: string, right: string | undefined, { id, title }: Client): string =>
  right === undefined
    ? `${title} has no field for it; see what it takes: mcpkey place KEY ${id} --print`
    : `Rename "${wrong}" to "${right}".`;

const hasText = (value: unknown): boolean => typeof value === 'string' || Array.isArray(value);
const isFilled = (value: unknown): boolean =>
  isObject(value) && Object.values(value).some((each) => typeof each === 'string');

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
    return entries.flatMap(([name, entry]) =>
      isObject(entry) && [...ADDRESSES, ...COMMANDS].some((field) => hasText(entry[field])) ? [name] : [],
    );
  } catch (error) {
    // Something else stands under that name.
    if (error instanceof UserError) return [];
    throw error;
  }
}
