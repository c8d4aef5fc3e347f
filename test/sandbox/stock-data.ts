/** The stock data service: key API and MCP on two ports, and every oddity that its pages tell of. */
import { z } from 'zod';
import { listen } from './listen.ts';
import { createMcpDoor, type McpDoor } from './mcp.ts';
import { json, notFound, rpcError } from './replies.ts';
import { bearerOf, type SandboxRequest } from './request.ts';
import { listening, type Person, type RunningService, type ServicePorts } from './service.ts';
import { createShelf, randomHex, type SandboxKey, type Shelf } from './shelf.ts';
import { isLogin, signLogin } from './stock-login.ts';
import { createUsageLog, STOCK_TOOLS, type UsageLog } from './stock-usage.ts';

export interface StockDataOptions {
  /** Some versions do not mount the key routes: 404. */
  readonly mountKeys?: boolean;
  /** Some versions answer `tools/list` without any key. */
  readonly openToolsList?: boolean;
  /** Seconds that a login lasts; a day unless told. */
  readonly tokenLifetime?: number;
}

export interface StockData extends RunningService {
  /** An unreadable database: the list looks empty, creating fails with HTTP 200. */
  breakDatabase(broken: boolean): void;
  /** All logins so far are refused from now on. */
  endLogins(): void;
}

interface Api {
  readonly options: StockDataOptions;
  readonly person: Person;
  readonly shelf: Shelf;
  readonly usage: UsageLog;
  broken: boolean;
  signingKey: string;
}

export async function startStockData(ports: ServicePorts, options: StockDataOptions = {}): Promise<StockData> {
  let number = 41;
  const shelf = createShelf({ makeId: () => String(++number), makeSecret: () => `sk-${randomHex(64)}` });
  const usage = createUsageLog();
  const api: Api = { options, person: ports.person, shelf, usage, broken: false, signingKey: randomHex(64) };
  const door = createMcpDoor({ name: 'stock-data', version: '1.4.0', tools: STOCK_TOOLS, onCall: usage.add });
  const server = listening('stock-data', ports);
  const http = await listen(server, () => (request) => Promise.resolve(route(api, request)));
  const mcp = await listen(server, () => (request) => serveMcp(api, door, request));
  return {
    url: http.origin,
    mcpUrl: `${mcp.origin}/messages`,
    keys: shelf.keys,
    breakDatabase: (broken) => {
      api.broken = broken;
    },
    endLogins: () => {
      api.signingKey = randomHex(64);
    },
    close: async () => void (await Promise.all([http.close(), mcp.close(), door.close()])),
  };
}

type Route = (api: Api, request: SandboxRequest) => Response;

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /api/mcp-keys/create': createKey,
  'GET /api/mcp-keys/list': listKeys,
  'POST /api/mcp-keys/revoke': revokeKey,
  'GET /api/mcp-usage/history': (api, request) => fromReport(api.usage.history(request.url.searchParams)),
  'GET /api/mcp-usage/stats': (api, request) => fromReport(api.usage.stats(request.url.searchParams)),
};

function route(api: Api, request: SandboxRequest): Response {
  const name = `${request.method} ${request.path}`;
  if (name === 'POST /api/auth/login') return logIn(api, request);
  const known = ROUTES[name];
  if (known === undefined) return notFound();
  if (api.options.mountKeys === false && request.path.startsWith('/api/mcp-keys')) return notFound();
  const token = bearerOf(request);
  if (token === undefined) return json(401, { detail: 'Not authenticated' }, { 'www-authenticate': 'Bearer' });
  if (!isLogin(api.signingKey, token))
    return json(401, { detail: '登录已过期，请重新登录' }, { 'www-authenticate': 'Bearer' });
  return known(api, request);
}

const LOGIN = z.object({ email: z.string(), password: z.string() });

function logIn(api: Api, request: SandboxRequest): Response {
  const input = LOGIN.safeParse(request.json);
  if (!input.success) return unprocessable(input.error);
  if (input.data.email !== api.person.email || input.data.password !== api.person.password) {
    return json(401, { detail: '邮箱或密码错误' });
  }
  const lifetime = api.options.tokenLifetime ?? 86_400;
  return json(200, {
    access_token: signLogin(api.signingKey, api.person.email, lifetime),
    token_type: 'bearer',
    expires_in: lifetime,
  });
}

const CREATE = z.object({
  key_name: z.string().min(1).max(100),
  expires_days: z.number().int().min(1).max(365).nullish(),
});

function createKey(api: Api, request: SandboxRequest): Response {
  const input = CREATE.safeParse(request.json);
  if (!input.success) return unprocessable(input.error);
  const name = input.data.key_name;
  if (api.broken) return failedCreate('创建失败：数据库连接异常');
  if (api.shelf.active.some((key) => key.name === name)) return failedCreate(`创建失败：名称“${name}”已存在`);
  const days = input.data.expires_days ?? null;
  const key = api.shelf.add({ name, expires: days === null ? null : new Date(Date.now() + days * 86_400_000) });
  return json(200, {
    success: true,
    message: 'API Key 创建成功，请立即保存',
    api_key: key.secret,
    key_id: key.id,
    key_name: key.name,
    api_key_prefix: prefixOf(key),
    created_at: localTime(key.createdAt),
    expires_at: key.expiresAt === null ? null : localTime(key.expiresAt),
  });
}

function failedCreate(message: string): Response {
  const nothing = { api_key: '', key_id: '', key_name: '', api_key_prefix: '', created_at: '', expires_at: null };
  return json(200, { success: false, message, ...nothing });
}

function listKeys(api: Api): Response {
  const keys = (api.broken ? [] : api.shelf.active).map((key) => ({
    id: key.id,
    key_name: key.name,
    api_key_prefix: prefixOf(key),
    is_active: true,
    last_used_at: key.lastUsedAt === null ? null : localTime(key.lastUsedAt),
    expires_at: key.expiresAt === null ? null : localTime(key.expiresAt),
    created_at: localTime(key.createdAt),
  }));
  return json(200, { keys, total: keys.length });
}

const REVOKE = z.object({ key_id: z.string() });

function revokeKey(api: Api, request: SandboxRequest): Response {
  const input = REVOKE.safeParse(request.json);
  if (!input.success) return unprocessable(input.error);
  if (api.broken || !api.shelf.revoke(input.data.key_id)) {
    return json(200, { success: false, message: '撤销失败：密钥不存在或已撤销' });
  }
  return json(200, { success: true, message: 'API Key 已撤销' });
}

const prefixOf = (key: SandboxKey): string => key.secret.slice(0, 7);

/** The server's local time, as Python prints a time that knows no zone. */
export function localTime(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, -1)}000`;
}

function unprocessable(error: z.ZodError): Response {
  const detail = error.issues.map((issue) => ({
    loc: ['body', ...issue.path.map(String)],
    msg: issue.message,
    type: issue.code,
  }));
  return json(422, { detail });
}

function fromReport(report: unknown): Response {
  return report instanceof z.ZodError ? unprocessable(report) : json(200, report);
}

async function serveMcp(api: Api, door: McpDoor, request: SandboxRequest): Promise<Response> {
  if (request.path !== '/messages') return notFound();
  const guarded =
    request.rpc.includes('tools/call') || (request.rpc.includes('tools/list') && api.options.openToolsList !== true);
  if (!guarded) return door.serve(request);
  const key = bearerOf(request);
  if (key === undefined) {
    const message = 'API key required. Provide it as Authorization: Bearer sk-...';
    return rpcError(request, { status: 401, code: -32001, message });
  }
  if (api.shelf.use(key) === undefined) {
    return rpcError(request, { status: 401, code: -32001, message: 'Invalid or expired API key' });
  }
  return door.serve(request);
}
