/** Faults of a manifest that its shape cannot show: unknown inputs, scopes that are not known, missing endpoints. */
import type { Manifest, ManifestOperations } from './manifest.ts';
import type { BodyTemplate, HttpOperation, OperationId } from './manifest-http.ts';
import { rawNames, templateNames } from './templates.ts';

export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const PROFILE = [
  'url',
  'mcpUrl',
  'org',
  'header',
  'dashboard',
  'variable',
  'site',
  'urlScheme',
  'urlHost',
  'urlHostname',
];
const CREATE = ['name', 'mark', 'scopes', 'expires', 'metadata', 'allowedIps'];
const REF = ['id', 'label', 'name'];
const INPUTS: Readonly<Record<OperationId, readonly string[]>> = {
  create: CREATE,
  list: [],
  get: REF,
  revoke: REF,
  rotate: [...CREATE, ...REF, 'overlap'],
  usage: ['days', 'page', 'since'],
};
/** Values that are checked URLs, so that they may stand unencoded. */
const RAW = ['url', 'mcpUrl', 'site', 'dashboard', 'urlHost', 'urlHostname'];

export function meaningFaults(manifest: Manifest): readonly Fault[] {
  return [
    ...operationFaults(manifest.operations, ['operations']),
    ...(manifest.variants ?? []).flatMap((variant, index) =>
      operationFaults(variant.operations, ['variants', index, 'operations']),
    ),
    ...profileFaults(manifest),
    ...scopeFaults(manifest),
    ...markFaults(manifest),
  ];
}

function operationFaults(
  operations: { readonly [Id in OperationId]?: ManifestOperations[Id] | undefined },
  path: readonly PropertyKey[],
): readonly Fault[] {
  const ids: readonly OperationId[] = ['create', 'list', 'get', 'revoke', 'rotate', 'usage'];
  return ids.flatMap((id) => {
    const operation = operations[id];
    const inputs = [...PROFILE, ...INPUTS[id]];
    const at = [...path, id];
    if (operation === undefined || operation.mode === 'unsupported') return [];
    if (operation.mode === 'assisted') {
      return [
        ...templateFaults(operation.page, inputs, [...at, 'page']),
        ...operation.steps.flatMap((step, index) => templateFaults(step, inputs, [...at, 'steps', index])),
      ];
    }
    if ('request' in operation) return requestFaults(operation.request, inputs, [...at, 'request']);
    return [
      ...requestFaults(operation.stats, inputs, [...at, 'stats']),
      ...(operation.history ? requestFaults(operation.history.request, inputs, [...at, 'history', 'request']) : []),
    ];
  });
}

function requestFaults(
  request: HttpOperation,
  inputs: readonly string[],
  at: readonly PropertyKey[],
): readonly Fault[] {
  const mapped = (part: 'query' | 'headers') =>
    Object.entries(request[part] ?? {}).flatMap(([name, text]) => templateFaults(text, inputs, [...at, part, name]));
  const misplaced = request.method === 'GET' && request.body !== undefined;
  return [
    ...templateFaults(request.path, inputs, [...at, 'path']),
    ...mapped('query'),
    ...mapped('headers'),
    ...bodyFaults(request.body ?? {}, inputs, [...at, 'body']),
    ...(misplaced ? [{ path: [...at, 'body'], message: 'a GET has no body' }] : []),
  ];
}

function bodyFaults(body: BodyTemplate, inputs: readonly string[], at: readonly PropertyKey[]): readonly Fault[] {
  if (typeof body === 'string') return templateFaults(body, inputs, at);
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, part]: [string, BodyTemplate]) =>
    bodyFaults(part, inputs, [...at, Array.isArray(body) ? Number(name) : name]),
  );
}

function templateFaults(text: string, inputs: readonly string[], path: readonly PropertyKey[]): readonly Fault[] {
  const unknown = templateNames(text).filter((name) => !inputs.includes(name));
  const raw = rawNames(text).filter((name) => inputs.includes(name) && !RAW.includes(name));
  return [
    ...unknown.map((name) => ({ path, message: `there is no input "${name}" here (${inputs.join(', ')})` })),
    ...raw.map((name) => ({ path, message: `"${name}" must be encoded: write {${name}}` })),
  ];
}

function profileFaults(manifest: Manifest): readonly Fault[] {
  const { operations, profile, mcp } = manifest;
  const usesApi = Object.values(operations).some((operation) => operation?.mode === 'api');
  const noUrl = usesApi && !profile.url?.required && profile.url?.default === undefined;
  return [
    ...(noUrl
      ? [{ path: ['profile', 'url'], message: 'operations with mode "api" need a required url, or a default' }]
      : []),
    ...(['url', 'mcpUrl'] as const).flatMap((id) =>
      templateFaults(profile[id]?.default ?? '', PROFILE, ['profile', id, 'default']),
    ),
    ...(['key', 'login'] as const).flatMap((id) => templateFaults(mcp[id]?.url ?? '', PROFILE, ['mcp', id, 'url'])),
    ...templateFaults(mcp.signing?.payload ?? '', ['timestamp', 'body'], ['mcp', 'signing', 'payload']),
  ];
}

function scopeFaults({ scopes }: Manifest): readonly Fault[] {
  const ids = scopes.known.map((scope) => scope.id);
  const pattern = scopes.pattern === undefined ? undefined : new RegExp(`^(?:${scopes.pattern})$`);
  return scopes.default.flatMap((id, index) =>
    ids.includes(id) || pattern?.test(id)
      ? []
      : [{ path: ['scopes', 'default', index], message: `"${id}" is not among scopes.known` }],
  );
}

/** A create that is not marked could not be found again after a lost answer. */
function markFaults({ key, operations }: Manifest): readonly Fault[] {
  const lost = operations.create.mode === 'api' && key.mark === 'none';
  const unlisted = operations.create.mode === 'api' && operations.list.mode !== 'api';
  return [
    ...(lost
      ? [{ path: ['key', 'mark'], message: 'keys made by an API are marked in the "name" or the "metadata"' }]
      : []),
    ...(unlisted
      ? [
          {
            path: ['operations', 'list', 'mode'],
            message: 'where create is "api", list is too: a lost answer is looked for there',
          },
        ]
      : []),
  ];
}
