/** The beginning of a provider file, whole enough to pass its schema. */
import type { Manifest } from '../providers/types.ts';

export const starterManifest = (id: string): Manifest => ({
  $schema: './node_modules/mcpkey/schema/provider.json',
  id,
  title: id,
  docs: 'https://example.com/docs/api-keys',
  profile: {
    url: { default: 'https://api.example.com', summary: 'Origin of the key API' },
    mcpUrl: { default: '{+url}/mcp', summary: 'MCP endpoint' },
  },
  logins: [{ method: 'token', discovery: 'none' }],
  operations: {
    create: {
      mode: 'api',
      request: {
        method: 'POST',
        path: '/keys',
        body: { name: '{name}', scopes: '{scopes}', expiresInDays: '{expires}' },
        success: { status: [200, 201] },
      },
      fields: {
        id: '/id',
        label: '/name',
        secret: '/key',
        scopes: '/scopes',
        createdAt: { pointer: '/createdAt', format: 'rfc3339' },
        expiresAt: { pointer: '/expiresAt', format: 'rfc3339' },
      },
    },
    list: {
      mode: 'api',
      request: { method: 'GET', path: '/keys', success: { status: [200] } },
      items: '/keys',
      fields: {
        id: '/id',
        label: '/name',
        scopes: '/scopes',
        createdAt: { pointer: '/createdAt', format: 'rfc3339' },
        expiresAt: { pointer: '/expiresAt', format: 'rfc3339' },
      },
      pagination: { style: 'none' },
    },
    revoke: {
      mode: 'api',
      request: { method: 'DELETE', path: '/keys/{id}', success: { status: [200, 204] } },
    },
    usage: { mode: 'unsupported', reason: 'The service shows no usage figures.' },
  },
  scopes: { known: [{ id: 'read', summary: 'Read' }], default: ['read'] },
  key: {
    pattern: '^[A-Za-z0-9_-]+$',
    form: 'letters, digits, "_" and "-"',
    prefix: '',
    nameLimit: 100,
    mark: 'name',
    expiry: { unit: 'days', min: 1, max: 365, never: false, default: 90 },
  },
  rules: { order: 'create-first' },
  mcp: { key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' } },
  errors: [
    {
      when: { surface: 'mcp', status: 401 },
      code: 'invalid_api_key',
      advice: 'Make a new key: mcpkey create',
    },
  ],
  rateLimit: { headers: [{ header: 'X-RateLimit-Reset', format: 'auto' }] },
});
