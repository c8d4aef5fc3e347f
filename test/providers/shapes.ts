/** Made-up manifests in the shapes of key APIs that others have, to hold the language to them. */
import { randomBytes } from 'node:crypto';
import type { HttpOperation, KeyFields, Manifest, TimeFormat } from '../../src/providers/manifest.ts';

const URL_ = 'https://api.service.example';
export const makeSecret = () => `key_${randomBytes(16).toString('hex')}`;

const ok = { status: [200] };
const post = (path: string, body: HttpOperation['body'], more: Partial<HttpOperation> = {}): HttpOperation => ({
  method: 'POST',
  path,
  body,
  success: ok,
  ...more,
});
const get = (path: string, query: Record<string, string> = {}): HttpOperation => ({
  method: 'GET',
  path,
  query,
  success: ok,
});
const drop = (path: string, status: number): HttpOperation => ({
  method: 'DELETE',
  path,
  success: { status: [status] },
});
const times = (root: string, format: TimeFormat): KeyFields => ({
  createdAt: { pointer: `${root}/created_at`, format },
  expiresAt: { pointer: `${root}/expires_at`, format },
});
const nothing = { mode: 'unsupported', reason: 'The service shows no usage figures.' } as const;

function shape(id: string, parts: Pick<Manifest, 'operations'> & Partial<Manifest>): Manifest {
  return {
    id,
    title: `The ${id} service`,
    docs: `${URL_}/docs`,
    profile: { url: { default: URL_ }, org: {} },
    logins: [{ method: 'token', discovery: 'none' }],
    scopes: { known: [{ id: 'read', summary: 'Read' }], default: ['read'] },
    key: {
      pattern: '^key_[0-9a-f]+$',
      prefix: 'key_',
      mark: 'name',
      expiry: { unit: 'days', never: 'omit' },
    },
    rules: { order: 'create-first' },
    mcp: {},
    errors: [],
    ...parts,
  };
}

/** Every call a POST, a cursor in the body, epoch milliseconds, the mark in the metadata, a rotation with an overlap. */
export const everyCallPost = shape('every-call-post', {
  key: {
    pattern: '^key_[0-9a-f]+$',
    prefix: 'key_',
    mark: 'metadata',
    metadata: 'any',
    expiry: { unit: 'milliseconds', as: 'unix-milliseconds', never: 'omit' },
  },
  operations: {
    create: {
      mode: 'api',
      request: post('/v2/keys.createKey', { apiId: '{org}', name: '{name}', meta: '{metadata}', expires: '{expires}' }),
      fields: { id: '/data/keyId', secret: '/data/key' },
    },
    list: {
      mode: 'api',
      request: post('/v2/apis.listKeys', { apiId: '{org}', limit: 2 }, { repeatable: true }),
      items: '/data',
      fields: { id: '/keyId', label: '/name', metadata: '/meta', ...times('', 'unix-milliseconds') },
      pagination: {
        style: 'cursor',
        parameter: 'cursor',
        in: 'body',
        cursor: '/pagination/cursor',
        hasMore: '/pagination/hasMore',
      },
    },
    revoke: { mode: 'api', request: post('/v2/keys.deleteKey', { keyId: '{id}' }, { repeatable: true }) },
    rotate: {
      mode: 'api',
      request: post('/v2/keys.rerollKey', { keyId: '{id}', expiration: '{overlap}' }),
      fields: { id: '/data/keyId', secret: '/data/key' },
      id: 'new',
      overlap: { unit: 'milliseconds' },
    },
    usage: nothing,
  },
});

/** The id is a hash, the secret lies outside the record, pages by offset, expiry as RFC 3339. */
export const byOffset = shape('by-offset', {
  key: {
    pattern: '^key_[0-9a-f]+$',
    prefix: 'key_',
    mark: 'name',
    expiry: { unit: 'seconds', as: 'rfc3339', never: 'null' },
  },
  operations: {
    create: {
      mode: 'api',
      request: post('/keys', { name: '{name}', expires_at: '{expires}' }, { success: { status: [201] } }),
      fields: { id: '/data/hash', label: '/data/name', secret: '/key', ...times('/data', 'rfc3339') },
    },
    list: {
      mode: 'api',
      request: get('/keys'),
      items: '/data',
      fields: {
        id: '/hash',
        label: '/name',
        ...times('', 'rfc3339'),
        active: { pointer: '/disabled', equals: false, otherwise: 'revoked' },
      },
      pagination: { style: 'offset', parameter: 'offset', size: 2 },
    },
    revoke: { mode: 'api', request: drop('/keys/{id}', 200) },
    usage: nothing,
  },
});

/** The last id is the cursor, times as SQL writes them, and a create that does not repeat the name. */
export const byLastId = shape('by-last-id', {
  operations: {
    create: {
      mode: 'api',
      request: post('/api-keys', { name: '{name}' }, { success: { status: [201] } }),
      fields: { id: '/id', secret: '/token' },
    },
    list: {
      mode: 'api',
      request: get('/api-keys', { limit: '2' }),
      items: '/data',
      fields: { id: '/id', label: '/name', createdAt: { pointer: '/created_at', format: 'sql-datetime' } },
      pagination: { style: 'last-id', parameter: 'after', id: '/id', hasMore: '/has_more' },
    },
    revoke: { mode: 'api', request: drop('/api-keys/{id}', 200) },
    usage: nothing,
  },
});

/** A nested secret, variables in the path, epoch seconds, a term in seconds. */
export const nested = shape('nested', {
  profile: { url: { default: URL_ }, org: { required: true } },
  key: {
    pattern: '^key_[0-9a-f]+$',
    prefix: 'key_',
    mark: 'name',
    expiry: { unit: 'seconds', min: 1, max: 31_536_000, never: 'omit' },
  },
  operations: {
    create: {
      mode: 'api',
      request: post('/projects/{org}/service_accounts', { name: '{name}', expires_in_seconds: '{expires}' }),
      fields: { id: '/api_key/id', label: '/name', secret: '/api_key/value', ...times('', 'unix-seconds') },
    },
    list: {
      mode: 'api',
      request: get('/projects/{org}/service_accounts', { limit: '2' }),
      items: '/data',
      fields: { id: '/id', label: '/name', ...times('', 'unix-seconds') },
      pagination: { style: 'cursor', parameter: 'after', in: 'query', cursor: '/last_id', hasMore: '/has_more' },
    },
    revoke: { mode: 'api', request: drop('/projects/{org}/service_accounts/{id}', 200) },
    usage: nothing,
  },
});

/** No content after a revocation, and a quota that is told by a 403. */
export const noContent = shape('no-content', {
  key: { pattern: '^key_[0-9a-f]+$', prefix: 'key_', mark: 'name' },
  operations: {
    create: {
      mode: 'api',
      request: post('/v3/api_keys', { name: '{name}', scopes: '{scopes}' }, { success: { status: [201] } }),
      fields: { id: '/api_key_id', label: '/name', secret: '/api_key', scopes: '/scopes' },
    },
    list: {
      mode: 'api',
      request: get('/v3/api_keys'),
      items: '/result',
      fields: { id: '/api_key_id', label: '/name' },
      pagination: { style: 'none' },
    },
    revoke: { mode: 'api', request: drop('/v3/api_keys/{id}', 204) },
    usage: nothing,
  },
  errors: [
    {
      when: {
        surface: 'api',
        status: 403,
        operation: 'create',
        pointer: '/errors/0/message',
        matches: 'maximum number',
      },
      code: 'refused',
      message: '/errors/0/message',
      advice: 'At most 100 keys: revoke one first.',
    },
  ],
});

/** A header of its own, Link headers, a day as expiry, and a rotation that revokes at once. */
export const byLink = shape('by-link', {
  security: { type: 'apiKey', in: 'header', name: 'PRIVATE-TOKEN' },
  key: {
    pattern: '^key_[0-9a-f]+$',
    prefix: 'key_',
    mark: 'name',
    expiry: { unit: 'days', as: 'date', max: 365, never: false },
  },
  operations: {
    create: {
      mode: 'api',
      request: post(
        '/tokens',
        { name: '{name}', scopes: '{scopes}', expires_at: '{expires}' },
        { success: { status: [201] } },
      ),
      fields: { id: '/id', label: '/name', secret: '/token', ...times('', 'rfc3339') },
    },
    list: {
      mode: 'api',
      request: get('/tokens', { per_page: '2' }),
      items: '',
      fields: { id: '/id', label: '/name', ...times('', 'rfc3339') },
      pagination: { style: 'link-header' },
    },
    revoke: { mode: 'api', request: drop('/tokens/{id}', 204) },
    rotate: {
      mode: 'api',
      request: post('/tokens/{id}/rotate', { expires_at: '{expires}' }),
      fields: { id: '/id', label: '/name', secret: '/token' },
      id: 'new',
    },
    usage: nothing,
  },
});

/** Rolled in place: the same id, the answer a bare text in an envelope. */
export const inPlace = shape('in-place', {
  operations: {
    create: {
      mode: 'api',
      request: post(
        '/user/tokens',
        { name: '{name}' },
        { success: { status: [200], condition: { pointer: '/success', equals: true } } },
      ),
      fields: { id: '/result/id', label: '/result/name', secret: '/result/value' },
    },
    list: {
      mode: 'api',
      request: { ...get('/user/tokens'), success: { status: [200], condition: { pointer: '/success', equals: true } } },
      items: '/result',
      fields: { id: '/id', label: '/name', active: { pointer: '/status', equals: 'active', otherwise: 'revoked' } },
      pagination: {
        style: 'page',
        parameter: 'page',
        sizeParameter: 'per_page',
        size: 2,
        total: '/result_info/total_count',
      },
    },
    revoke: { mode: 'api', request: drop('/user/tokens/{id}', 200) },
    rotate: {
      mode: 'api',
      request: {
        method: 'PUT',
        path: '/user/tokens/{id}/value',
        body: {},
        success: { status: [200], condition: { pointer: '/success', equals: true } },
      },
      fields: { secret: '/result' },
      id: 'same',
    },
    usage: nothing,
  },
  rules: { order: 'create-first', settling: { amount: 2, unit: 'seconds' } },
});

/** Form bodies, basic authorization, RFC 2822 dates, the next page's address in the body. */
export const byForm = shape('by-form', {
  security: { type: 'http', scheme: 'basic' },
  key: { pattern: '^key_[0-9a-f]+$', prefix: 'key_', mark: 'name', nameLimit: 64 },
  operations: {
    create: {
      mode: 'api',
      request: post(
        '/v1/Keys',
        { FriendlyName: '{name}', AccountSid: '{org}', Scopes: '{scopes}' },
        { bodyType: 'form', success: { status: [201] } },
      ),
      fields: {
        id: '/sid',
        label: '/friendly_name',
        secret: '/secret',
        createdAt: { pointer: '/date_created', format: 'rfc2822' },
      },
    },
    list: {
      mode: 'api',
      request: get('/v1/Keys', { PageSize: '2' }),
      items: '/keys',
      fields: { id: '/sid', label: '/friendly_name', createdAt: { pointer: '/date_created', format: 'rfc2822' } },
      pagination: { style: 'next-url', pointer: '/meta/next_page_url' },
    },
    revoke: { mode: 'api', request: drop('/v1/Keys/{id}', 204) },
    usage: nothing,
  },
});

export const SHAPES = { everyCallPost, byOffset, byLastId, nested, noContent, byLink, inPlace, byForm };
