/** AI2Fin: an OAuth-guarded key API, `/mcp` for tokens alone, `/mcp/inspector` for keys. */
import { z } from 'zod';
import { AI2FIN_TOOLS } from './ai2fin-tools.ts';
import { createDashboard, type Dashboard, type DashboardSite } from './dashboard.ts';
import { createLimiter, type Limiter, type RateLimit } from './limits.ts';
import { listen } from './listen.ts';
import { calledTools, createMcpDoor, type McpDoor } from './mcp.ts';
import { json, notFound, protectedResource, rpcError } from './replies.ts';
import { bearerOf, headerOf, type SandboxRequest } from './request.ts';
import { listening, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, isExpired, randomWord, type SandboxKey, type Shelf } from './shelf.ts';
import { createTokenJudge, type TokenJudge } from './tokens.ts';

export interface Ai2finOptions {
  /** What a key gets that names no scopes: the guide says `mcp:read`, the API reference `mcp:full`. */
  readonly defaultScope?: 'mcp:read' | 'mcp:full';
  readonly limit?: RateLimit;
  /** False: the person is no admin, and `/api/admin/api-keys` answers 403. */
  readonly admin?: boolean;
}

export interface Ai2fin extends RunningService {
  readonly dashboard: Dashboard;
  /** Where keys are taken: `mcpUrl` + `/inspector`. */
  readonly inspectorUrl: string;
}

export const AI2FIN_SCOPES = [
  'mcp:read',
  'mcp:tools:list',
  'mcp:tools:call',
  'mcp:resources:read',
  'mcp:full',
] as const;

interface Site {
  readonly options: Ai2finOptions;
  readonly shelf: Shelf;
  readonly dashboard: DashboardSite;
  readonly judge: TokenJudge;
  readonly door: McpDoor;
  readonly limiter: Limiter;
  readonly resource: ReturnType<typeof protectedResource>;
  readonly origin: string;
}

export async function startAi2fin(ports: ServicePorts, options: Ai2finOptions = {}): Promise<Ai2fin> {
  const trusted = await ports.issuer();
  const shelf = createShelf({ makeId: () => `key_${randomWord(10)}`, makeSecret: () => `mcp_${randomWord(40)}` });
  const dashboard = createDashboard(shelf, { title: 'AI2Fin' });
  const door = createMcpDoor({ name: 'ai2fin-finance', version: '2.1.0', tools: AI2FIN_TOOLS });
  const limiter = createLimiter(options.limit ?? { requests: 600 });
  const server = await listen(listening('ai2fin', ports), (origin) => {
    const judge = createTokenJudge(trusted, [`${origin}/mcp`, origin]);
    const resource = protectedResource(`${origin}/mcp`, trusted.issuer, AI2FIN_SCOPES);
    const site: Site = { options, shelf, dashboard, judge, door, limiter, resource, origin };
    return (request) => route(site, request);
  });
  return {
    url: server.origin,
    mcpUrl: `${server.origin}/mcp`,
    inspectorUrl: `${server.origin}/mcp/inspector`,
    keys: shelf.keys,
    dashboard,
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
}

async function route(site: Site, request: SandboxRequest): Promise<Response> {
  switch (request.path) {
    case site.resource.path:
    case '/.well-known/oauth-protected-resource':
      return site.resource.reply();
    case '/mcp':
      return withToken(site, request);
    case '/mcp/inspector':
      return withKey(site, request);
    case '/api/api-keys':
      return keyApi(site, request, (body) => body);
    case '/api/admin/api-keys':
      return keyApi(site, request, (data) => ({ success: true, data }));
    default:
      return site.dashboard.page(request) ?? notFound();
  }
}

async function withToken(site: Site, request: SandboxRequest): Promise<Response> {
  const token = await site.judge.accept(bearerOf(request));
  const metadata = `resource_metadata="${site.origin}${site.resource.path}"`;
  if (token === undefined) {
    const headers = { 'www-authenticate': `Bearer ${metadata}, scope="mcp:read"` };
    return refusal(request, 401, 'INVALID_TOKEN', 'Invalid or expired authentication token', headers);
  }
  const limited = limitedUntil(site, request, token.subject);
  if (limited !== undefined) return limited;
  if (mayDo(token.scopes, request)) return site.door.serve(request);
  const headers = { 'www-authenticate': `Bearer error="insufficient_scope", ${metadata}, scope="mcp:full"` };
  return refusal(request, 403, 'INSUFFICIENT_SCOPE', 'Token does not have permission for this operation', headers);
}

async function withKey(site: Site, request: SandboxRequest): Promise<Response> {
  const secret = headerOf(request, 'x-api-key') ?? bearerOf(request);
  const key = site.shelf.use(secret);
  if (key === undefined) {
    return refusal(request, 401, 'INVALID_API_KEY', 'API key not found or has been revoked');
  }
  const limited = limitedUntil(site, request, key.id);
  if (limited !== undefined) return limited;
  if (mayDo(key.scopes, request)) return site.door.serve(request);
  return refusal(request, 403, 'INSUFFICIENT_SCOPE', 'API key does not have permission for this operation');
}

function refusal(
  request: SandboxRequest,
  status: 401 | 403,
  errorType: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const title = status === 401 ? 'Unauthorized' : 'Forbidden';
  return rpcError(request, { status, code: status, message: title, data: { errorType, message }, headers });
}

function limitedUntil(site: Site, request: SandboxRequest, credential: string): Response | undefined {
  const ends = site.limiter.hit(credential);
  if (ends === undefined) return undefined;
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(ends / 1000)) };
  const data = { errorType: 'RATE_LIMITED', message: 'Rate limit exceeded' };
  return rpcError(request, { status: 429, code: 429, message: 'Too Many Requests', data, headers });
}

const WRITING = new Set(AI2FIN_TOOLS.filter((tool) => tool.writes === true).map((tool) => tool.name));

/** Whether these scopes allow what the request asks; a handshake needs none. */
function mayDo(scopes: readonly string[], request: SandboxRequest): boolean {
  if (scopes.includes('mcp:full') || scopes.includes('*')) return true;
  return request.rpc.every((method) => {
    if (method === 'tools/list') return scopes.includes('mcp:read') || scopes.includes('mcp:tools:list');
    if (method.startsWith('resources/')) return scopes.includes('mcp:read') || scopes.includes('mcp:resources:read');
    if (method !== 'tools/call') return true;
    const reads = calledTools(request).every((tool) => !WRITING.has(tool));
    return reads && (scopes.includes('mcp:read') || scopes.includes('mcp:tools:call'));
  });
}

async function keyApi(site: Site, request: SandboxRequest, wrap: (body: unknown) => unknown): Promise<Response> {
  const token = await site.judge.accept(bearerOf(request));
  if (token === undefined) {
    return json(401, { error: 'Unauthorized', message: 'Invalid or expired authentication token' });
  }
  const admin = request.path.includes('/admin/');
  if (admin && site.options.admin === false) return json(403, { error: 'Forbidden', message: 'Admins only' });
  if (request.method === 'GET') return json(200, wrap(site.shelf.keys.map(listed)));
  if (request.method !== 'POST') return json(405, { error: 'Method Not Allowed' }, { allow: 'GET, POST' });
  const input = createInput(admin).safeParse(request.json);
  if (!input.success) return json(400, { error: 'Bad Request', message: input.error.issues[0]?.message ?? 'Invalid' });
  return json(201, wrap(created(site, input.data)));
}

const CREATE = z.object({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(AI2FIN_SCOPES)).min(1).optional(),
  expiresInDays: z.number().int().min(1).max(365).default(90),
});
const ADMIN_CREATE = CREATE.extend({
  scopes: z
    .array(z.enum([...AI2FIN_SCOPES, '*']))
    .min(1)
    .optional(),
});
const createInput = (admin: boolean) => (admin ? ADMIN_CREATE : CREATE);

function created(site: Site, input: z.infer<typeof ADMIN_CREATE>): unknown {
  const key = site.shelf.add({
    name: input.name,
    scopes: input.scopes ?? [site.options.defaultScope ?? 'mcp:read'],
    expires: new Date(Date.now() + input.expiresInDays * 86_400_000),
  });
  return {
    id: key.id,
    key: key.secret,
    name: key.name,
    scopes: key.scopes,
    expiresAt: key.expiresAt,
    createdAt: key.createdAt,
    warning: 'Save this key now - it will not be shown again!',
  };
}

function listed(key: SandboxKey): unknown {
  const { id, name, scopes, expiresAt, lastUsedAt, createdAt } = key;
  return { id, name, scopes, isActive: !key.revoked && !isExpired(key), expiresAt, lastUsedAt, createdAt };
}
