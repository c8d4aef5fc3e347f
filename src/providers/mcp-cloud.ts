import type { Manifest } from './manifest.ts';

const DASHBOARD = 'https://mcp-cloud.ai';
const KEYS_TAB = [
  'Log in to the MCP-Cloud dashboard.',
  'Open your MCP server’s details.',
  'Select the tab "API Keys".',
];

export const mcpCloud = {
  id: 'mcp-cloud',
  title: 'MCP-Cloud.ai',
  docs: 'https://mcp-cloud.ai/docs/authentication/api-tokens',
  hosts: ['*.mcp-cloud.ai', 'mcp-cloud.ai'],
  profile: {
    // No page names the path of a server's MCP endpoint.
    mcpUrl: {
      required: true,
      example: 'https://your-server.mcp-cloud.ai/mcp',
      summary: 'The address of your server’s MCP endpoint, as its details page shows it.',
    },
    dashboard: { summary: 'Page of the dashboard, where it is another one' },
  },
  logins: [],
  operations: {
    create: {
      mode: 'assisted',
      page: DASHBOARD,
      steps: [
        ...KEYS_TAB,
        'Click "Create New API Key".',
        'Key Name: {name}',
        'Expiration: {expires}',
        'Scopes: {scopes}',
        'Under "Advanced Options", "IP Restrictions", add: {allowedIps}',
        'Metadata: {metadata}',
        'Click "Create" and copy the key: it is shown only once.',
      ],
    },
    list: { mode: 'assisted', page: DASHBOARD, steps: KEYS_TAB },
    revoke: {
      mode: 'assisted',
      page: DASHBOARD,
      steps: [
        ...KEYS_TAB,
        'Find the key "{name}".',
        'Click "Revoke Key", and confirm. It is revoked at once, for good.',
      ],
    },
    usage: { mode: 'assisted', page: DASHBOARD, steps: [...KEYS_TAB, 'Look at the usage metrics of each key.'] },
  },
  scopes: {
    known: [
      { id: 'completions:create', summary: 'Generate text completions' },
      { id: 'chats:create', summary: 'Generate chat completions' },
      { id: 'models:read', summary: 'List available models' },
      { id: 'contexts:read', summary: 'Read stored contexts' },
      { id: 'contexts:write', summary: 'Create and modify contexts' },
      { id: 'files:read', summary: 'Access stored files' },
      { id: 'files:write', summary: 'Upload and manage files' },
    ],
    default: [],
  },
  key: {
    pattern: '^mcp_sk_[A-Za-z0-9_-]{32}$',
    form: 'mcp_sk_ and 32 characters',
    prefix: 'mcp_sk_',
    mark: 'none',
    expiry: { unit: 'days', never: 'omit', default: 90 },
    metadata: ['environment', 'service', 'owner', 'contact'],
    allowedIps: true,
  },
  rules: { order: 'create-first' },
  mcp: {
    key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
    signing: {
      algorithm: 'hmac-sha256',
      timestampHeader: 'X-MCP-Timestamp',
      timestamp: 'unix-seconds',
      signatureHeader: 'X-MCP-Signature',
      encoding: 'hex',
      payload: '{timestamp}.{body}',
    },
  },
  environment: 'MCP_API_KEY',
  errors: [
    {
      when: { pointer: '/error/code', equals: 'invalid_api_key' },
      code: 'invalid_api_key',
      message: '/error/message',
      advice:
        'Check the key’s form (mcp_sk_ and 32 characters), and in the dashboard’s tab "API Keys" that it is active.',
    },
    {
      when: { status: 401 },
      code: 'invalid_api_key',
      message: '/error/message',
      advice:
        'Check the key’s form (mcp_sk_ and 32 characters), and in the dashboard’s tab "API Keys" that it is active.',
    },
    {
      when: { status: 403, pointer: '/error/message', matches: '\\bIP\\b|address' },
      code: 'insufficient_scope',
      meaning: 'the key may not be used from this address (HTTP 403).',
      message: '/error/message',
      advice:
        'Add this machine’s address to the key’s IP restrictions (tab "API Keys", "Advanced Options"), or make a key that may come from it: mcpkey create -p {profile} --allow-ip CIDR',
    },
    {
      when: { status: 403 },
      code: 'insufficient_scope',
      message: '/error/message',
      advice:
        'Check the scopes that this needs, and the key’s IP restrictions; make a key with the right ones: mcpkey create -p {profile} --scope SCOPE',
    },
    {
      when: { status: 429 },
      code: 'rate_limited',
      message: '/error/message',
      advice:
        'Plans allow 10, 60 or 300 requests a minute: wait longer between requests, and keep answers where you can.',
    },
  ],
  rateLimit: { headers: [{ header: 'X-RateLimit-Reset', format: 'auto' }], requestsPerMinute: 10 },
  advice: {
    text: 'To replace it, move one service at a time, watch for errors, give the old key a short expiry, revoke it.',
  },
} satisfies Manifest;
