/** MCP-Cloud.ai: keys from the dashboard alone, scopes, allowed addresses, plans, and signed requests where wanted. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { createDashboard, type Dashboard, type DashboardSite } from './dashboard.ts';
import { createLimiter, type Limiter, type RateLimit, secondsUntil } from './limits.ts';
import { listen } from './listen.ts';
import { calledTools, createMcpDoor, type McpDoor, type ToolSketch } from './mcp.ts';
import { json, notFound } from './replies.ts';
import { bearerOf, headerOf, type SandboxRequest } from './request.ts';
import { listening, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, randomWord, type SandboxKey, type Shelf } from './shelf.ts';

export interface McpCloudOptions {
  /** Every request must be signed. */
  readonly signing?: boolean;
  /** Requests a minute: 10, 60 or 300 (the default). */
  readonly plan?: 'free' | 'standard' | 'professional';
  readonly limit?: RateLimit;
}

export interface McpCloud extends RunningService {
  readonly dashboard: Dashboard;
}

const PLANS = { free: 10, standard: 60, professional: 300 } as const;
/** Seconds that a timestamp may be off. */
const SIGNATURE_WINDOW = 300;

/** Each tool with the scope that it needs. */
const TOOLS: readonly (ToolSketch & { readonly scope: string })[] = [
  {
    name: 'list_models',
    title: 'Models',
    description: 'Models that this server offers.',
    input: [],
    scope: 'models:read',
    answer: () => ['claude-3-5-sonnet'],
  },
  {
    name: 'create_chat',
    title: 'Chat',
    description: 'Answers one message.',
    input: ['message'],
    scope: 'chats:create',
    writes: true,
    answer: ({ message }) => ({ role: 'assistant', content: `You said: ${message}` }),
  },
  {
    name: 'read_context',
    title: 'Read a context',
    description: 'A stored context.',
    input: ['id'],
    scope: 'contexts:read',
    answer: ({ id }) => ({ id, text: 'stored' }),
  },
];

interface Site {
  readonly options: McpCloudOptions;
  readonly shelf: Shelf;
  readonly dashboard: DashboardSite;
  readonly door: McpDoor;
  readonly limiter: Limiter;
}

export async function startMcpCloud(ports: ServicePorts, options: McpCloudOptions = {}): Promise<McpCloud> {
  const shelf = createShelf({ makeId: () => `ak_${randomWord(12)}`, makeSecret: () => `mcp_sk_${randomWord(32)}` });
  const dashboard = createDashboard(shelf, { title: 'MCP-Cloud' });
  const door = createMcpDoor({ name: 'mcp-cloud-server', version: '0.9.3', tools: TOOLS });
  const limiter = createLimiter(options.limit ?? { requests: PLANS[options.plan ?? 'professional'] });
  const site: Site = { options, shelf, dashboard, door, limiter };
  const server = await listen(listening('mcp-cloud', ports), () => (request) => route(site, request));
  return {
    url: server.origin,
    mcpUrl: `${server.origin}/mcp`,
    keys: shelf.keys,
    dashboard,
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
}

async function route(site: Site, request: SandboxRequest): Promise<Response> {
  if (request.path !== '/mcp') return site.dashboard.page(request) ?? notFound();
  const key = site.shelf.use(bearerOf(request));
  if (key === undefined) {
    return failure(
      401,
      'invalid_api_key',
      'The API key provided is invalid or has been revoked',
      'authentication_error',
    );
  }
  return refuse(site, key, request) ?? site.door.serve(request);
}

function refuse(site: Site, key: SandboxKey, request: SandboxRequest): Response | undefined {
  const flaw = site.options.signing === true ? signatureFlaw(key, request) : undefined;
  if (flaw !== undefined) return failure(401, 'invalid_signature', flaw, 'authentication_error');
  if (!isAllowed(key)) {
    return failure(403, 'ip_not_allowed', 'This address may not use the API key', 'permission_error');
  }
  const ends = site.limiter.hit(key.id);
  if (ends !== undefined) {
    const headers = { 'retry-after': String(secondsUntil(ends)) };
    return failure(429, 'rate_limit_exceeded', 'Too many requests', 'rate_limit_error', headers);
  }
  const missing = missingScope(key, request);
  if (missing === undefined) return undefined;
  return failure(403, 'insufficient_permissions', `The API key lacks the scope ${missing}`, 'permission_error');
}

function failure(
  status: number,
  code: string,
  message: string,
  type: string,
  headers: Record<string, string> = {},
): Response {
  return json(status, { error: { code, message, type } }, headers);
}

/** What is wrong with the signature: hex HMAC-SHA256 over `<timestamp>.<exact body>` with the key. */
function signatureFlaw(key: SandboxKey, request: SandboxRequest): string | undefined {
  const timestamp = headerOf(request, 'x-mcp-timestamp');
  const given = headerOf(request, 'x-mcp-signature');
  if (timestamp === undefined || given === undefined) return 'Requests to this server must be signed';
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > SIGNATURE_WINDOW || !/^\d+$/.test(timestamp)) {
    return 'The timestamp is too far from the server time';
  }
  const mac = createHmac('sha256', key.secret).update(`${timestamp}.`).update(request.body).digest('hex');
  const equal = given.length === mac.length && timingSafeEqual(Buffer.from(given), Buffer.from(mac));
  return equal ? undefined : 'The signature does not match the body';
}

/** All requests come from 127.0.0.1. */
function isAllowed(key: SandboxKey): boolean {
  if (key.allowedIps.length === 0) return true;
  const allowed = new BlockList();
  for (const entry of key.allowedIps) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, Number(bits), family);
  }
  return allowed.check('127.0.0.1', 'ipv4');
}

/** A key without scopes is the server's default one, with full access. */
function missingScope(key: SandboxKey, request: SandboxRequest): string | undefined {
  if (key.scopes.length === 0) return undefined;
  const called = calledTools(request);
  return TOOLS.find((tool) => called.includes(tool.name) && !key.scopes.includes(tool.scope))?.scope;
}
