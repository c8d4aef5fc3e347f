import type { Manifest } from './manifest.ts';

const SETTINGS = 'https://apexmcp.ai';

export const apexmcp = {
  id: 'apexmcp',
  title: 'ApexMCP',
  docs: 'https://apexmcp.ai',
  profile: {
    url: { default: 'https://gateway.apexmcp.ai', summary: 'The gateway' },
    org: { required: true, example: 'acme-corp', summary: 'Your organisation, as it stands in the MCP URL /mcp/ORG.' },
    mcpUrl: { default: '{+url}/mcp/{org}', summary: 'MCP endpoint of the organisation' },
    dashboard: { summary: 'Page of the settings, where it is another one' },
  },
  logins: [
    {
      method: 'client-credentials',
      discovery: 'none',
      tokenEndpoint: '{+url}/oauth/token',
      scopes: ['mcp:call'],
      clientAuth: 'client_secret_post',
      algorithms: ['RS256'],
    },
    { method: 'web', discovery: 'issuer', algorithms: ['RS256'] },
    { method: 'device', discovery: 'issuer', algorithms: ['RS256'] },
    { method: 'token', discovery: 'issuer', algorithms: ['RS256'] },
  ],
  operations: {
    create: {
      mode: 'assisted',
      page: SETTINGS,
      steps: [
        'Log in and open Settings → API Keys of "{org}".',
        'Create a key named "{name}".',
        'Leave it open to all connectors, or choose those that it needs.',
        'Copy the key: it is shown once.',
      ],
    },
    list: { mode: 'assisted', page: SETTINGS, steps: ['Log in and open Settings → API Keys of "{org}".'] },
    revoke: {
      mode: 'assisted',
      page: SETTINGS,
      steps: ['Log in and open Settings → API Keys of "{org}".', 'Find the key "{name}".', 'Revoke it, and confirm.'],
    },
    usage: { mode: 'unsupported', reason: 'ApexMCP documents no usage figures.' },
  },
  // Keys are scoped to connectors in the dashboard; scopes of tokens are chosen at login.
  scopes: { known: [], default: [] },
  key: {
    pattern: '^apx_live_sk_[A-Za-z0-9_-]+$',
    form: 'apx_live_sk_ and letters or digits',
    prefix: 'apx_live_sk_',
    mark: 'none',
  },
  rules: { order: 'create-first' },
  mcp: {
    key: { url: '{+mcpUrl}', header: 'X-API-Key' },
    login: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
  },
  errors: [
    {
      when: { status: 403 },
      code: 'insufficient_scope',
      advice:
        'Log in with the scope that this needs: mcpkey login {profile} --scope mcp:call, or mcp:call:CONNECTOR for one; a key may be bound to connectors (Settings → API Keys).',
    },
    {
      when: { status: 429, matches: 'quota' },
      code: 'rate_limited',
      meaning: 'the monthly quota is used up (HTTP 429).',
      advice: 'Wait for the next month, or raise the monthly quota in the settings of your organisation.',
    },
    {
      when: { status: 429 },
      code: 'rate_limited',
      advice:
        'The rate limit or the monthly quota is used up: wait, or see the quota in the settings of your organisation.',
    },
  ],
  advice: { text: 'It never ends by itself: keep it for trusted servers, and prefer mcpkey login apexmcp elsewhere.' },
} satisfies Manifest;
