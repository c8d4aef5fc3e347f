/** A plain MCP server that wants a key in some header, and a local one that wants it in an environment variable. */
import { fileURLToPath } from 'node:url';
import { createDashboard, type Dashboard, type DashboardSite } from './dashboard.ts';
import { createLimiter, type Limiter, type RateLimit, secondsUntil } from './limits.ts';
import { listen } from './listen.ts';
import { createMcpDoor, type McpDoor, type ToolSketch } from './mcp.ts';
import { json, notFound, rpcError } from './replies.ts';
import { bearerOf, headerOf, type SandboxRequest } from './request.ts';
import { listening, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, randomWord, type Shelf } from './shelf.ts';

export interface GenericOptions {
  readonly limit?: RateLimit;
}

export interface Generic extends RunningService {
  readonly dashboard: Dashboard;
  readonly dashboardUrl: string;
  /** The same server, with the key in a header of this name and nowhere else. */
  urlFor(header: string): string;
  /** The same server, with the key in its address and nowhere else. */
  readonly queryUrl: { readonly url: string; readonly parameter: string };
  /** Anchored regular expression of its keys. */
  readonly keyPattern: string;
  /** A local stdio server that checks its key here. */
  readonly local: { readonly command: readonly string[]; readonly variable: string };
}

const TOOLS: readonly ToolSketch[] = [
  { name: 'echo', title: 'Echo', description: 'Says it again.', input: ['text'], answer: ({ text }) => ({ text }) },
  { name: 'time', title: 'Time', description: 'The time there.', input: [], answer: () => new Date().toISOString() },
];

interface Site {
  readonly shelf: Shelf;
  readonly dashboard: DashboardSite;
  readonly door: McpDoor;
  readonly limiter: Limiter;
}

export async function startGeneric(ports: ServicePorts, options: GenericOptions = {}): Promise<Generic> {
  const shelf = createShelf({ makeId: () => randomWord(12), makeSecret: () => `acme_${randomWord(32)}` });
  const dashboard = createDashboard(shelf, { title: 'Acme' });
  const door = createMcpDoor({ name: 'acme', version: '0.1.0', tools: TOOLS });
  const limiter = createLimiter(options.limit ?? { requests: 600 });
  const site: Site = { shelf, dashboard, door, limiter };
  const server = await listen(listening('generic', ports), () => (request) => route(site, request));
  return {
    url: server.origin,
    mcpUrl: `${server.origin}/mcp`,
    keys: shelf.keys,
    dashboard,
    dashboardUrl: `${server.origin}/dashboard`,
    queryUrl: { url: `${server.origin}/query`, parameter: 'acmeApiKey' },
    urlFor: (header) => `${server.origin}/header/${header.toLowerCase()}`,
    keyPattern: '^acme_[A-Za-z0-9]{32}$',
    local: { command: [process.execPath, localServer(), `${server.origin}/check`], variable: 'ACME_API_KEY' },
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
}

async function route(site: Site, request: SandboxRequest): Promise<Response> {
  if (request.path === '/check') return json(site.shelf.use(bearerOf(request)) === undefined ? 401 : 200, {});
  const header = /^\/header\/([\w-]+)$/.exec(request.path)?.[1];
  const query = request.path === '/query';
  if (request.path !== '/mcp' && header === undefined && !query) return site.dashboard.page(request) ?? notFound();
  const key = site.shelf.use(
    query
      ? (request.url.searchParams.get('acmeApiKey') ?? undefined)
      : header === undefined
        ? bearerOf(request)
        : headerOf(request, header),
  );
  if (key === undefined) {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
    return rpcError(request, { status: 401, code: -32001, message: 'Unauthorized', headers });
  }
  const ends = site.limiter.hit(key.id);
  if (ends === undefined) return site.door.serve(request);
  return json(429, { error: 'Too Many Requests' }, { 'retry-after': String(secondsUntil(ends)) });
}

/** The script stands beside this file in the sources; a bundle of the sandbox lies elsewhere in the same repository. */
function localServer(): string {
  const here = new URL('.', import.meta.url);
  const sources = here.pathname.endsWith('/test/sandbox/') ? here : new URL('../../test/sandbox/', here);
  return fileURLToPath(new URL('local-server.mjs', sources));
}
