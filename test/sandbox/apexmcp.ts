/** ApexMCP: static keys, its own client credentials, and tokens of the organisation's own identity provider. */
import { type ApexClient, type ApexTokens, createApexTokens } from './apexmcp-tokens.ts';
import { createDashboard, type Dashboard, type DashboardSite } from './dashboard.ts';
import { createLimiter, type Limiter, type RateLimit } from './limits.ts';
import { listen } from './listen.ts';
import { calledTools, createMcpDoor, type McpDoor, type ToolSketch } from './mcp.ts';
import { json, notFound } from './replies.ts';
import { bearerOf, headerOf, type SandboxRequest } from './request.ts';
import { listening, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, randomWord, type Shelf } from './shelf.ts';
import { createTokenJudge, type Issuing, type TokenJudge } from './tokens.ts';

export interface ApexmcpOptions {
  readonly limit?: RateLimit;
  /** Seconds that a token of its own lasts; an hour unless told. */
  readonly tokenLifetime?: number;
}

export interface Apexmcp extends RunningService {
  readonly org: string;
  /** Keys may be scoped to the connectors `crm` and `mail`: scopes `mcp:call:crm`, `mcp:call:mail`. */
  readonly dashboard: Dashboard;
  /** Settings → OAuth Clients. `scopes` are what the client may ask for; all unless told. */
  createClient(scopes?: readonly string[]): ApexClient;
  /** Settings → SSO: whose tokens are taken, and the `aud` they must carry. */
  readonly ownProvider: { readonly issuer: string; readonly audience: string };
  /** From now on no token of its own made so far is taken. */
  endTokens(): Promise<void>;
}

/** The `aud` that the sandbox's identity provider puts into tokens for this service. */
export const APEX_AUDIENCE = 'urn:apexmcp';
const ORG = 'acme-corp';

/** Each tool with its connector. */
const TOOLS: readonly (ToolSketch & { readonly connector: string })[] = [
  {
    name: 'crm_find_contact',
    title: 'Find a contact',
    description: 'Looks a person up in the CRM.',
    input: ['name'],
    connector: 'crm',
    answer: ({ name }) => ({ name, company: 'Acme' }),
  },
  {
    name: 'mail_send',
    title: 'Send mail',
    description: 'Sends one message.',
    input: ['to', 'text'],
    connector: 'mail',
    writes: true,
    answer: ({ to }) => ({ sent: true, to }),
  },
];

interface Site {
  readonly shelf: Shelf;
  readonly dashboard: DashboardSite;
  readonly door: McpDoor;
  readonly own: ApexTokens;
  readonly idp: TokenJudge;
  readonly limiter: Limiter;
}

export async function startApexmcp(ports: ServicePorts, options: ApexmcpOptions = {}): Promise<Apexmcp> {
  const trusted: Issuing = await ports.issuer();
  const shelf = createShelf({
    makeId: () => `apk_${randomWord(10)}`,
    makeSecret: () => `apx_live_sk_${randomWord(32)}`,
  });
  const dashboard = createDashboard(shelf, { title: 'ApexMCP' });
  const door = createMcpDoor({ name: 'apexmcp-gateway', version: '1.12.0', tools: TOOLS });
  const limiter = createLimiter(options.limit ?? { requests: 600 });
  const own = await createApexTokens(options.tokenLifetime ?? 3600);
  const site: Site = { shelf, dashboard, door, own, limiter, idp: createTokenJudge(trusted, APEX_AUDIENCE) };
  const server = await listen(listening('apexmcp', ports), () => (request) => route(site, request));
  return {
    url: server.origin,
    mcpUrl: `${server.origin}/mcp/${ORG}`,
    org: ORG,
    keys: shelf.keys,
    dashboard,
    createClient: own.createClient,
    ownProvider: { issuer: trusted.issuer, audience: APEX_AUDIENCE },
    endTokens: own.end,
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
}

async function route(site: Site, request: SandboxRequest): Promise<Response> {
  if (request.path === '/oauth/token') return site.own.answer(request);
  if (!request.path.startsWith('/mcp/')) return site.dashboard.page(request) ?? notFound();
  if (request.path !== `/mcp/${ORG}`) return json(404, { error: 'not_found', message: 'No such organisation' });
  const scopes = await scopesOf(site, request);
  if (scopes === undefined) return json(401, { error: 'unauthorized', message: 'Missing or invalid credential' });
  if (site.limiter.hit(headerOf(request, 'x-api-key') ?? bearerOf(request) ?? '') !== undefined) {
    return json(429, { error: 'too_many_requests', message: 'Rate limit or monthly quota exceeded' });
  }
  if (mayCall(scopes, request)) return site.door.serve(request);
  return json(403, { error: 'forbidden', message: 'Valid credential but insufficient scope' });
}

/** What the credential may do; undefined where it is missing or wrong. A key goes in `X-API-Key` alone. */
async function scopesOf(site: Site, request: SandboxRequest): Promise<readonly string[] | undefined> {
  const secret = headerOf(request, 'x-api-key');
  if (secret !== undefined) {
    const key = site.shelf.use(secret);
    return key?.scopes.length === 0 ? ['mcp:call'] : key?.scopes;
  }
  const token = bearerOf(request);
  const ours = await site.own.judge(token);
  if (ours !== undefined) return ours;
  return (await site.idp.accept(token)) === undefined ? undefined : ['mcp:call'];
}

function mayCall(scopes: readonly string[], request: SandboxRequest): boolean {
  if (scopes.includes('mcp:call')) return true;
  const called = calledTools(request);
  return TOOLS.every((tool) => !called.includes(tool.name) || scopes.includes(`mcp:call:${tool.connector}`));
}
