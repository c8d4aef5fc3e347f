/** Whether the profile's addresses answer at all, without any credential. */
import type { Connection, Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Provider } from '../../providers/types.ts';
import { parseJson, readAnswer } from '../../proxy/body.ts';
import { isPage, unreachable } from '../../proxy/failure.ts';
import { ACCEPT_BOTH } from '../../proxy/headers.ts';
import { isObject } from '../../proxy/message.ts';
import { version } from '../../version.ts';
import type { RemoteList } from './remote.ts';

export interface Asked {
  readonly what: 'mcp' | 'api';
  readonly url: string;
  /** Undefined where nothing answered. */
  readonly status: number | undefined;
  /** The answer speaks MCP, or refuses in a way that an MCP endpoint may. */
  readonly kind: 'mcp' | 'page' | 'missing' | 'redirect' | 'failing' | undefined;
  /** Where a redirect leads. */
  readonly location: string | null;
  /** Milliseconds that this machine's clock is ahead of the server's; null where it names no time. */
  readonly ahead: number | null;
  readonly error: UserError | undefined;
}

export interface Reach {
  /** Undefined for a local server. */
  readonly mcp: Asked | undefined;
  /** Undefined where the profile has no API, or it was asked already. */
  readonly api: Asked | undefined;
}

/** Bytes of an answer that are looked at. */
const SEEN = 256 * 1024;

const OPENING = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'mcpkey', version } },
};

type Parts = Pick<Context, 'fetch' | 'now' | 'signal'>;

export async function reachProfile(
  context: Parts,
  { provider }: Connection,
  remote: () => Promise<RemoteList>,
): Promise<Reach> {
  const url = endpointOf(provider);
  const [mcp, api] = await Promise.all([
    url === undefined ? undefined : askMcp(context, url),
    reachApi(context, provider, remote),
  ]);
  return { mcp, api };
}

/** Where keys go; for a service that takes logins alone, where these go. */
export const endpointOf = (provider: Provider): string | undefined =>
  provider.settings.command ? undefined : (provider.mcp('key') ?? provider.mcp('login'))?.url;

/** The list of keys says more than a bare request would; without a login the address alone is asked. */
async function reachApi(
  context: Parts,
  provider: Provider,
  remote: () => Promise<RemoteList>,
): Promise<Asked | undefined> {
  const { url } = provider.settings;
  const uses = Object.values(provider.operations).some(({ mode }) => mode === 'api');
  if (url === undefined || !uses) return undefined;
  const list = await remote();
  if ('unasked' in list) return askApi(context, url);
  if ('error' in list && list.error.code === 'unreachable') {
    return { what: 'api', url, ...SILENT, error: list.error };
  }
  return undefined;
}

const SILENT = { status: undefined, kind: undefined, location: null, ahead: null } as const;

/** The opening of a conversation, with no credential: any MCP endpoint answers or refuses it. */
export const askMcp = (context: Parts, url: string): Promise<Asked> =>
  ask(context, 'mcp', url, {
    method: 'POST',
    body: JSON.stringify(OPENING),
    headers: { accept: ACCEPT_BOTH, 'content-type': 'application/json' },
  });

const askApi = (context: Parts, url: string): Promise<Asked> => ask(context, 'api', url, { method: 'GET' });

async function ask(context: Parts, what: Asked['what'], url: string, init: RequestInit): Promise<Asked> {
  const before = context.now();
  try {
    const response = await context.fetch(url, { ...init, redirect: 'manual', signal: context.signal });
    const ahead = aheadOf(response.headers.get('date'), (before + context.now()) / 2);
    const { status } = response;
    const location = response.headers.get('location');
    return { what, url, status, kind: await kindOf(response), location, ahead, error: undefined };
  } catch (error) {
    const known = error instanceof UserError ? error : unreachable(url, error);
    return { what, url, ...SILENT, error: known };
  }
}

async function kindOf(response: Response): Promise<Asked['kind']> {
  const type = response.headers.get('content-type');
  if (response.ok && type?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return 'mcp';
  }
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    return 'redirect';
  }
  const { text } = await readAnswer(response, SEEN);
  if (isPage(type, text)) return 'page';
  const body = parseJson(text);
  if (isObject(body) && body.jsonrpc === '2.0') return 'mcp';
  if (response.status === 404 || response.status === 405) return 'missing';
  return response.status >= 500 ? 'failing' : 'mcp';
}

/** A `Date` header counts whole seconds: half a second is the best guess. */
function aheadOf(date: string | null, now: number): number | null {
  const there = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(there) ? null : Math.round(now - there - 500);
}
