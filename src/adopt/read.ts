/** What a server's entry needs to go on working without its keys in it. Nothing is read from the disk here. */
import type { EntryParts } from '../clients/types.ts';
import type { FoundServer } from './find.ts';
import { readLocal } from './local.ts';
import { splitScheme } from './signs.ts';

/** A server behind an address, and the one key that goes there. */
export interface RemoteLift {
  readonly kind: 'remote';
  /** Without the key. */
  readonly url: string;
  /** Undefined where the address carries the key. */
  readonly header: { readonly name: string; readonly scheme: string | undefined } | undefined;
  readonly query: string | undefined;
  readonly key: string;
  /** Headers that are no credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A local server, and the keys in its environment. */
export interface LocalLift {
  readonly kind: 'local';
  /** Word by word, without a key in it. */
  readonly command: readonly string[];
  /** What else is in its environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly keys: readonly { readonly variable: string; readonly key: string }[];
  /** What the server is called after, where that is not the command. */
  readonly named?: readonly string[] | undefined;
  /** What a person must know, in one line. */
  readonly note?: string | undefined;
}

export type Lift = RemoteLift | LocalLift;

/** `left`: why the keys cannot be moved, for a person. */
export type Reading = { readonly lift: Lift } | { readonly left: string };

export function readServer(
  { client, entry, findings }: Pick<FoundServer, 'client' | 'entry' | 'findings'>,
  platform: NodeJS.Platform,
): Reading {
  const parts = client.read(entry);
  if (isSse(entry, parts)) return { left: SSE };
  const secrets = findings.map(({ value }) => value.reveal());
  const bridge = readBridge(parts);
  if (bridge) return readRemote(bridge.url, bridge.headers, secrets);
  if (parts.url !== undefined && /^https?:\/\//i.test(parts.url)) {
    const bearer = findings.find(({ kind, where }) => kind === 'bearer' && where.length === 1);
    const headers = bearer ? { ...parts.headers, Authorization: `Bearer ${bearer.value.reveal()}` } : parts.headers;
    return readRemote(parts.url, headers, secrets);
  }
  if (parts.command !== undefined) return readLocal(parts, findings, platform);
  return { left: 'it is neither an address nor a command' };
}

const SSE = 'it is an SSE server, the transport before streamable HTTP, which mcpkey does not speak';

/** By what the entry says of itself, or as such addresses end. */
function isSse(entry: unknown, { url, args }: EntryParts): boolean {
  const fields = typeof entry === 'object' && entry !== null ? Object.values(entry) : [];
  if (fields.some((value) => typeof value === 'string' && value.toLowerCase() === 'sse')) return true;
  return [url ?? '', ...args].some((word) => /^https?:\/\/[^?#]+\/sse\/?(?:[?#]|$)/i.test(word));
}

function readRemote(address: string, headers: Readonly<Record<string, string>>, secrets: readonly string[]): Reading {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) return { left: 'its address is no URL' };
  if (url.username !== '' || url.password !== '')
    return { left: 'the address holds a user name and a password, which mcpkey does not send' };
  const queries = [...url.searchParams].filter(([, value]) => secrets.includes(value));
  const carrying = Object.entries(headers).filter(([, value]) => secrets.some((secret) => value.includes(secret)));
  const others = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !carrying.some(([own]) => own === name)),
  );
  if (queries.length + carrying.length === 0)
    return { left: 'the key is in the path of the address, and mcpkey sends it in a header or a parameter' };
  if (queries.length + carrying.length > 1) return { left: 'it takes several keys at once, and mcpkey sends one' };
  for (const [name] of queries) url.searchParams.delete(name);
  const [query, header] = [queries[0], carrying[0]];
  if (secrets.some((secret) => url.href.includes(secret))) return { left: 'the key is a part of the address' };
  if (query) {
    const lift: Lift = {
      kind: 'remote',
      url: url.href,
      header: undefined,
      query: query[0],
      key: query[1],
      headers: others,
    };
    return { lift };
  }
  const { scheme, value } = splitScheme(header?.[1].trim() ?? '');
  const lift: Lift = {
    kind: 'remote',
    url: address,
    header: { name: header?.[0] ?? '', scheme },
    query: undefined,
    key: value,
    headers: others,
  };
  return /\s/.test(value) ? { left: 'the header holds more than a key' } : { lift };
}

/** `npx mcp-remote URL --header "NAME: VALUE"`: a remote server behind a program that mcpkey's own proxy replaces. */
function readBridge(parts: EntryParts): { url: string; headers: Record<string, string> } | undefined {
  const words = [parts.command ?? '', ...parts.args];
  const at = words.findIndex((word) => /(?:^|[\\/])mcp-remote(?:@[^\\/]*)?$/.test(word));
  const url = at === -1 ? undefined : words.slice(at + 1).find((word) => /^https?:\/\//i.test(word));
  if (url === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const [index, word] of words.entries()) {
    const text = /^(?:--header|-H)$/.test(words[index - 1] ?? '') ? word : /^--header=([\s\S]+)$/.exec(word)?.[1];
    const colon = text?.indexOf(':') ?? -1;
    if (text === undefined || colon < 1) continue;
    // Its own way to keep blanks out of the words: the value stands in the environment.
    const value = text.slice(colon + 1).replace(/\$\{(\w+)\}/g, (whole, name: string) => parts.env[name] ?? whole);
    headers[text.slice(0, colon).trim()] = value.trim();
  }
  return { url, headers };
}
