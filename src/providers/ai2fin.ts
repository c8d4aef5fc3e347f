import type { Manifest } from './manifest.ts';
import type { HttpOperation, KeyFields } from './manifest-http.ts';

const DASHBOARD = 'https://app.ai2fin.com/#/api';

const createRequest: HttpOperation = {
  method: 'POST',
  path: '/api/api-keys',
  // Two pages of the service name two defaults for the scopes, so they are always sent.
  body: { name: '{name}', scopes: '{scopes}', expiresInDays: '{expires}' },
  success: { status: [200, 201] },
};
const listRequest: HttpOperation = { method: 'GET', path: '/api/api-keys', success: { status: [200] } };

const fieldsBelow = (root: string): KeyFields => ({
  id: `${root}/id`,
  label: `${root}/name`,
  scopes: `${root}/scopes`,
  createdAt: { pointer: `${root}/createdAt`, format: 'rfc3339' },
  expiresAt: { pointer: `${root}/expiresAt`, format: 'rfc3339' },
});
const listFields: KeyFields = {
  ...fieldsBelow(''),
  lastUsedAt: { pointer: '/lastUsedAt', format: 'rfc3339' },
  active: { pointer: '/isActive', equals: true, otherwise: 'revoked' },
};
const known = [
  { id: 'mcp:read', summary: 'Read-only access to all MCP operations' },
  { id: 'mcp:tools:list', summary: 'List available tools' },
  { id: 'mcp:tools:call', summary: 'Execute tools (read-only)' },
  { id: 'mcp:resources:read', summary: 'Read resources' },
  { id: 'mcp:full', summary: 'Full access (read and write)' },
];
const enveloped = { pointer: '/success', equals: true } as const;

export const ai2fin = {
  id: 'ai2fin',
  title: 'AI2Fin Finance MCP',
  docs: 'https://docs.ai2fin.com/mcp/authentication',
  hosts: ['app.ai2fin.com'],
  profile: {
    url: { default: 'https://api.ai2fin.com', summary: 'Origin of the key API' },
    mcpUrl: { default: '{+url}/mcp', summary: 'MCP endpoint; keys go to /inspector below it' },
    org: { enum: ['admin'], summary: '`admin` uses the administrators’ key API (/api/admin/api-keys)' },
  },
  logins: [
    { method: 'web', discovery: 'mcp' },
    { method: 'device', discovery: 'mcp' },
    { method: 'client-credentials', discovery: 'mcp' },
    { method: 'token', discovery: 'mcp' },
  ],
  operations: {
    create: { mode: 'api', request: createRequest, fields: { ...fieldsBelow(''), secret: '/key' } },
    list: { mode: 'api', request: listRequest, items: '', fields: listFields, pagination: { style: 'none' } },
    revoke: {
      mode: 'assisted',
      page: DASHBOARD,
      steps: ['Log in and open API.', 'Find the key "{name}" (id {id}).', 'Revoke it, and confirm.'],
    },
    usage: { mode: 'assisted', page: DASHBOARD, steps: ['Log in and open API.', 'Look at the usage of each key.'] },
  },
  variants: [
    {
      org: 'admin',
      summary: 'The administrators’ key API',
      operations: {
        create: {
          mode: 'api',
          request: {
            ...createRequest,
            path: '/api/admin/api-keys',
            success: { status: [200, 201], condition: enveloped },
          },
          fields: { ...fieldsBelow('/data'), secret: '/data/key' },
        },
        list: {
          mode: 'api',
          request: { ...listRequest, path: '/api/admin/api-keys', success: { status: [200], condition: enveloped } },
          items: '/data',
          fields: listFields,
          pagination: { style: 'none' },
        },
      },
      scopes: { known: [...known, { id: '*', summary: 'Everything' }], default: ['mcp:read'] },
    },
  ],
  scopes: { known, default: ['mcp:read'] },
  key: {
    // Another service's keys begin with mcp_sk_: told apart by their whole form.
    pattern: '^mcp_(?!sk_[A-Za-z0-9_-]{32}$)[A-Za-z0-9_-]+$',
    form: 'mcp_ and letters or digits',
    prefix: 'mcp_',
    mark: 'name',
    expiry: { unit: 'days', min: 1, max: 365, never: false, default: 90 },
  },
  rules: { order: 'create-first' },
  mcp: {
    key: { url: '{+mcpUrl}', suffix: '/inspector', header: 'X-API-Key' },
    login: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
  },
  errors: [
    {
      when: { pointer: '/error/data/errorType', equals: 'INVALID_TOKEN' },
      code: 'invalid_token',
      message: '/error/data/message',
      advice: 'The token ended, was revoked, or is not whole: log in again with mcpkey login {profile}',
    },
    {
      when: { pointer: '/error/data/errorType', equals: 'INVALID_API_KEY' },
      code: 'invalid_api_key',
      message: '/error/data/message',
      advice:
        'Check that the key begins with mcp_, has not ended and was not revoked (mcpkey list -p {profile}); make a new one with mcpkey create -p {profile}',
    },
    {
      when: { pointer: '/error/data/errorType', equals: 'INSUFFICIENT_SCOPE' },
      code: 'insufficient_scope',
      message: '/error/data/message',
      advice:
        'Check the key’s scopes (mcpkey show KEY). To write, make a key with mcp:full: mcpkey create -p {profile} --scope mcp:full',
    },
    {
      when: { status: 429 },
      code: 'rate_limited',
      advice: 'Wait until the limit resets (X-RateLimit-Reset), send fewer requests, use batch operations.',
    },
  ],
  rateLimit: { headers: [{ header: 'X-RateLimit-Reset', format: 'auto' }] },
  advice: {
    rotateAfter: { amount: 90, unit: 'days' },
    text: 'Rotate it every 90 days, use one key for each environment, and HTTPS only.',
  },
} satisfies Manifest;
