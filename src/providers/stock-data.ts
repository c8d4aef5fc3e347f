import type { Manifest } from './manifest.ts';

const NOT_MOUNTED =
  'This version of the service does not mount these routes. Update it, or take a key that its operator makes: mcpkey import NAME -p {profile}';

export const stockData = {
  id: 'stock-data',
  title: 'stock data service',
  profile: {
    url: {
      required: true,
      example: 'http://stock.example:8000',
      summary: 'The HTTP server (port 8000), not the MCP server.',
    },
    mcpUrl: { default: '{urlScheme}://{+urlHostname}:8001/messages', summary: 'MCP endpoint (port 8001)' },
  },
  logins: [
    {
      method: 'password',
      discovery: 'none',
      request: {
        path: '/api/auth/login',
        email: 'email',
        password: 'password',
        token: '/access_token',
        expiresIn: '/expires_in',
      },
    },
    { method: 'token', discovery: 'none' },
  ],
  operations: {
    create: {
      mode: 'api',
      request: {
        method: 'POST',
        path: '/api/mcp-keys/create',
        body: { key_name: '{name}', expires_days: '{expires}' },
        // A failure is answered with 200 as well.
        success: { status: [200, 201], condition: { pointer: '/success', equals: true } },
        failureMessage: '/message',
      },
      fields: {
        id: '/key_id',
        label: '/key_name',
        secret: '/api_key',
        prefix: '/api_key_prefix',
        createdAt: { pointer: '/created_at', format: 'local-datetime' },
        expiresAt: { pointer: '/expires_at', format: 'local-datetime' },
      },
    },
    list: {
      mode: 'api',
      request: { method: 'GET', path: '/api/mcp-keys/list', success: { status: [200] } },
      items: '/keys',
      fields: {
        id: '/id',
        label: '/key_name',
        prefix: '/api_key_prefix',
        createdAt: { pointer: '/created_at', format: 'local-datetime' },
        expiresAt: { pointer: '/expires_at', format: 'local-datetime' },
        lastUsedAt: { pointer: '/last_used_at', format: 'local-datetime' },
        active: { pointer: '/is_active', equals: true, otherwise: 'revoked' },
      },
      pagination: { style: 'none' },
    },
    revoke: {
      mode: 'api',
      request: {
        method: 'POST',
        path: '/api/mcp-keys/revoke',
        body: { key_id: '{id}' },
        repeatable: true,
        success: { status: [200], condition: { pointer: '/success', equals: true } },
        failureMessage: '/message',
      },
    },
    usage: {
      mode: 'api',
      stats: {
        method: 'GET',
        path: '/api/mcp-usage/stats',
        query: { days: '{days}' },
        success: { status: [200] },
      },
      maxDays: 365,
      daily: { items: '/daily_stats', date: '/date', calls: '/call_count', records: '/total_records' },
      totals: { calls: '/total_calls', records: '/total_records' },
      tools: { items: '/top_tools', name: '/tool_name', calls: '/call_count' },
      history: {
        request: {
          method: 'GET',
          path: '/api/mcp-usage/history',
          query: { page: '{page}', page_size: '20', start_date: '{since}' },
          success: { status: [200] },
        },
        items: '/records',
        time: { pointer: '/created_at', format: 'local-datetime' },
        tool: '/tool_name',
        failed: { pointer: '/is_error', equals: true },
        duration: { pointer: '/duration_ms', unit: 'milliseconds' },
      },
    },
  },
  scopes: { known: [], default: [] },
  key: {
    pattern: '^sk-[0-9a-f]{64}$',
    form: 'sk- and 64 hex digits',
    prefix: 'sk-',
    nameLimit: 100,
    mark: 'name',
    expiry: { unit: 'days', min: 1, max: 365, never: 'null', default: 90 },
  },
  rules: { order: 'create-first' },
  mcp: { key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' } },
  errors: [
    {
      when: { surface: 'mcp', matches: 'API key required' },
      code: 'api_key_required',
      advice: 'The client sends no Authorization header: place the key again with mcpkey place KEY CLIENT',
    },
    {
      when: { surface: 'mcp', pointer: '/error/code', equals: -32001 },
      code: 'invalid_api_key',
      message: '/error/message',
      advice:
        'The key was revoked or has ended: make a new one with mcpkey create -p {profile}, or replace it with mcpkey rotate KEY',
    },
    {
      when: { surface: 'mcp', status: 401 },
      code: 'invalid_api_key',
      advice:
        'The key was revoked or has ended: make a new one with mcpkey create -p {profile}, or replace it with mcpkey rotate KEY',
    },
    {
      when: { surface: 'api', status: 401, operation: 'login' },
      code: 'not_logged_in',
      message: '/detail',
      advice: 'Check e-mail and password: mcpkey login {profile} --password',
    },
    {
      when: { surface: 'api', status: 401 },
      code: 'invalid_token',
      message: '/detail',
      advice: 'The login ended: mcpkey login {profile}',
    },
    {
      when: { surface: 'api', status: 404, operation: ['create', 'list', 'revoke'] },
      code: 'unsupported',
      meaning: 'the routes for keys (/api/mcp-keys) are not there (HTTP 404).',
      advice: NOT_MOUNTED,
    },
    {
      when: { surface: 'api', status: 404, operation: 'usage' },
      code: 'unsupported',
      meaning: 'the routes for usage (/api/mcp-usage) are not there (HTTP 404).',
      advice: 'This version of the service does not mount these routes: update it.',
    },
    {
      when: { surface: 'api', status: 422 },
      code: 'refused',
      meaning: 'the service does not take what it was sent (HTTP 422).',
      message: '/detail/0/msg',
      advice: 'A name has at most 100 characters; a term is 1 to 365 days, or never.',
    },
  ],
} satisfies Manifest;
