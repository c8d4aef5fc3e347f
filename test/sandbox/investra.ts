/** Investra: one key from the dashboard, or OAuth by the server's metadata; a body that is no JSON-RPC is never answered. */
import { createDashboard, type Dashboard, type DashboardSite } from './dashboard.ts';
import { createLimiter, type Limiter, type RateLimit, secondsUntil } from './limits.ts';
import { listen } from './listen.ts';
import { createMcpDoor, type McpDoor, type ToolSketch } from './mcp.ts';
import { json, notFound, protectedResource, rpcError } from './replies.ts';
import { bearerOf, type SandboxRequest } from './request.ts';
import { listening, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, randomWord, type Shelf } from './shelf.ts';
import { createTokenJudge, type TokenJudge } from './tokens.ts';

export interface InvestraOptions {
  /** Its pages contradict each other: a second active key is made (the default), or refused. */
  readonly secondKey?: 'allowed' | 'refused';
  /** Requests a minute: 10, 30 or 60 (the default). */
  readonly plan?: 'free' | 'pro' | 'pro-plus';
  readonly limit?: RateLimit;
}

export interface Investra extends RunningService {
  readonly dashboard: Dashboard;
}

const PLANS = { free: 10, pro: 30, 'pro-plus': 60 } as const;
const SCOPES = ['mcp:read'];

const TOOLS: readonly ToolSketch[] = [
  {
    name: 'get_portfolio',
    title: 'Portfolio',
    description: 'What the person holds.',
    input: [],
    answer: () => [{ symbol: 'ACME', shares: 12 }],
  },
  {
    name: 'screen_stocks',
    title: 'Screener',
    description: 'Shares of one sector.',
    input: ['sector'],
    answer: ({ sector }) => [{ symbol: 'ACME', sector }],
  },
];

interface Site {
  readonly shelf: Shelf;
  readonly dashboard: DashboardSite;
  readonly door: McpDoor;
  readonly judge: TokenJudge;
  readonly limiter: Limiter;
  readonly resource: ReturnType<typeof protectedResource>;
  readonly origin: string;
}

export async function startInvestra(ports: ServicePorts, options: InvestraOptions = {}): Promise<Investra> {
  const trusted = await ports.issuer();
  const shelf = createShelf({ makeId: () => randomWord(12), makeSecret: () => `inv_${randomWord(40)}` });
  const dashboard = createDashboard(shelf, {
    title: 'Investra',
    refuse: () =>
      options.secondKey === 'refused' && shelf.active.length > 0
        ? 'You can have one active API key at a time'
        : undefined,
  });
  const door = createMcpDoor({ name: 'investra', version: '3.0.2', tools: TOOLS });
  const limiter = createLimiter(options.limit ?? { requests: PLANS[options.plan ?? 'pro-plus'] });
  const server = await listen(listening('investra', ports), (origin) => {
    const judge = createTokenJudge(trusted, `${origin}/api/mcp`);
    const resource = protectedResource(`${origin}/api/mcp`, trusted.issuer, SCOPES);
    const site: Site = { shelf, dashboard, door, judge, limiter, resource, origin };
    return (request) => route(site, request);
  });
  return {
    url: server.origin,
    mcpUrl: `${server.origin}/api/mcp`,
    keys: shelf.keys,
    dashboard,
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
}

async function route(site: Site, request: SandboxRequest): Promise<Response | undefined> {
  if (request.path === site.resource.path) return site.resource.reply();
  if (request.path !== '/api/mcp') return site.dashboard.page(request) ?? notFound();
  if (request.method === 'POST' && request.rpc.length === 0) return undefined;
  const credential = bearerOf(request);
  const owner = site.shelf.use(credential)?.id ?? (await site.judge.accept(credential))?.subject;
  if (owner === undefined) return unauthorized(site, request);
  const ends = site.limiter.hit(owner);
  if (ends === undefined) return site.door.serve(request);
  return json(429, { error: 'Too Many Requests' }, { 'retry-after': String(secondsUntil(ends)) });
}

function unauthorized(site: Site, request: SandboxRequest): Response {
  const headers = { 'www-authenticate': `Bearer resource_metadata="${site.origin}${site.resource.path}"` };
  return rpcError(request, { status: 401, code: -32001, message: 'Unauthorized', headers });
}
