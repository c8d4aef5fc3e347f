/** What makes a client pass an entry over, or send no key: measured by an entry that is made for it. */
import type { Client } from '../../clients/types.ts';
import { isObject } from '../../proxy/message.ts';
import type { ServerEntry } from './clients.ts';
import type { Fields } from './fields.ts';

interface Fault {
  readonly what: string;
  readonly fix: string;
}

/** As clients call them, whichever. */
const ADDRESSES = ['url', 'serverUrl', 'httpUrl', 'uri', 'baseUrl', 'endpoint'];
const COMMANDS = ['command', 'cmd'];
const HEADERS = ['headers', 'http_headers', 'requestInit.headers', 'requestOptions.headers'];
const VARIABLES = ['env', 'environment', 'envs'];
/** Without their signs, in small letters; `sse` and others have one spelling. */
const KINDS: ReadonlySet<unknown> = new Set(['http', 'streamablehttp', 'remote', 'stdio', 'local']);

type Entry = Readonly<Record<string, unknown>>;
interface Site extends Pick<ServerEntry, 'parts'> {
  readonly client: Client;
  readonly entry: Entry;
  readonly fields: Fields;
}

/** True of what is a server in whatever client. */
export const isServer = (entry: unknown): boolean =>
  isObject(entry) && [...ADDRESSES, ...COMMANDS].some((field) => hasText(entry[field]));

/** `fields` are the client's own. */
export function faultIn(client: Client, { entry, parts }: ServerEntry, fields: Fields): Fault | undefined {
  if (!isObject(entry)) return { what: 'it is no table.', fix: 'Write it as a table.' };
  const { title } = client;
  if (isLocalOnly(client) && parts.url !== undefined && parts.command === undefined) {
    return {
      what: `${title} starts local servers only, and takes no address.`,
      fix: 'Let mcpkey start it: place a key with mode proxy.',
    };
  }
  const site = { client, entry, parts, fields };
  if (parts.url === undefined && parts.command === undefined) return unknownField(site);
  return wrongKind(site) ?? wrongCommand(site) ?? unread(site);
}

/** It takes a key itself from local servers alone, so no address. */
const isLocalOnly = ({ localModes = [] }: Client): boolean => localModes.includes('plain');

function unknownField({ client, entry, fields }: Site): Fault | undefined {
  const own = [...ADDRESSES, ...COMMANDS].filter((name) => hasText(entry[name]));
  const { title, sse } = client;
  if (own.length === 0) return undefined;
  if (sse !== undefined && own.includes(sse.url)) {
    if (sse.typed || !KINDS.has(bare(entry.type))) return undefined;
    return {
      what: `${title} reads "${sse.url}" as SSE, whatever its "type".`,
      fix: renamed(sse.url, fields.url, client),
    };
  }
  const right = own.some((name) => COMMANDS.includes(name)) ? fields.command : fields.url;
  return { what: `${title} does not read "${own.join('", "')}".`, fix: renamed(own.join('", "'), right, client) };
}

/** The word for how the server is reached: none where there must be one, or another client's. */
function wrongKind({ client, entry, parts, fields }: Site): Fault | undefined {
  if (parts.url !== undefined && parts.command !== undefined) return undefined;
  const isRemote = parts.url !== undefined;
  const right = isRemote ? fields.remote : fields.local;
  if (right === undefined) return undefined;
  const { needed, also = [] } = client.kinds ?? {};
  const [field, word] = right;
  const told = entry[field];
  if (told === undefined && (needed === 'always' || (needed === 'remote' && isRemote))) {
    const has = isRemote ? 'an address' : 'a command';
    return {
      what: `it has ${has} but no "${field}", and ${client.title} passes it over.`,
      fix: `Add "${field}": "${word}".`,
    };
  }
  if (typeof told !== 'string' || told === word || also.includes(told) || !KINDS.has(bare(told))) return undefined;
  return { what: `${client.title} does not know "${field}": "${told}".`, fix: `Write "${field}": "${word}".` };
}

/** A list of words, or the program alone and its arguments beside it. */
function wrongCommand({ client: { title }, entry, fields }: Site): Fault | undefined {
  const { command, isList } = fields;
  if (command === undefined || entry[command] === undefined) return undefined;
  if (isList && !Array.isArray(entry[command])) {
    return { what: `${title} reads "${command}" as a list.`, fix: `Write "${command}" as a list, a word each.` };
  }
  if (isList && Array.isArray(entry.args) && entry.args.length > 0) {
    return { what: `${title} does not read "args".`, fix: `Put what stands in "args" at the end of "${command}".` };
  }
  if (isList || !Array.isArray(entry[command])) return undefined;
  return { what: `${title} reads no list in "${command}".`, fix: `Leave the first word there; the others are "args".` };
}

/** Headers and variables under another client's name for them. */
function unread({ client, entry, parts, fields }: Site): Fault | undefined {
  const lost = (names: readonly string[], own: string | undefined) =>
    own !== undefined && isFilled(at(entry, own)) ? undefined : names.find((name) => isFilled(at(entry, name)));
  const headers = parts.url === undefined ? undefined : lost(HEADERS, fields.headers);
  if (headers !== undefined) {
    return {
      what: `${client.title} does not read "${headers}", so no key is sent.`,
      fix: renamed(headers, fields.headers, client),
    };
  }
  const variables = parts.command === undefined ? undefined : lost(VARIABLES, fields.env);
  if (variables === undefined) return undefined;
  return {
    what: `${client.title} does not read "${variables}", so the server gets no key.`,
    fix: renamed(variables, fields.env, client),
  };
}

/** A dot leads into a field. */
const at = (entry: Entry, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), entry);

const renamed = (wrong: string, right: string | undefined, { id, title }: Client): string =>
  right === undefined
    ? `${title} has no field for it; see what it takes: mcpkey place KEY ${id} --print`
    : `Rename "${wrong}" to "${right}".`;

const bare = (word: unknown): unknown => (typeof word === 'string' ? word.toLowerCase().replace(/[-_ ]/g, '') : word);
const hasText = (value: unknown): boolean => typeof value === 'string' || Array.isArray(value);
const isFilled = (value: unknown): boolean =>
  isObject(value) && Object.values(value).some((each) => typeof each === 'string');
