/** The schema of a manifest, for plugins and for editors; the built-in ones are held to it by a test. */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { ProviderDefinition } from './definition.ts';
import type { CredentialPlacement, ErrorRule, KeyForm, Manifest, ManifestLogin, ManifestScopes } from './manifest.ts';
import { meaningFaults } from './meaning.ts';
import { count, duration, durationUnit, headerName, operations, pointer, template, timeFormat } from './schema-http.ts';

const regularExpression = z.string().refine(compiles, 'not a regular expression');
const webAddress = z.string().regex(/^https?:\/\/[^\s]+$/, 'not an http or https address');
const host = z.string().regex(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'not a host name');

const field = z.strictObject({
  required: z.boolean().optional(),
  default: template.optional(),
  enum: z.array(z.string()).min(1).optional(),
  example: z.string().optional(),
  summary: z.string().optional(),
});

const profile = z.strictObject({
  url: field.optional(),
  mcpUrl: field.optional(),
  org: field.optional(),
  header: field.optional(),
  dashboard: field.optional(),
  keyPattern: field.optional(),
  command: field.optional(),
  variable: field.optional(),
  anyOf: z
    .array(z.array(z.enum(['url', 'mcpUrl', 'org', 'header', 'dashboard', 'keyPattern', 'command', 'variable'])).min(1))
    .optional(),
});

const login = z.strictObject({
  method: z.enum(['device', 'web', 'client-credentials', 'password', 'token']),
  discovery: z.enum(['mcp', 'issuer', 'none']).optional(),
  issuer: template.optional(),
  tokenEndpoint: template.optional(),
  authorizationEndpoint: template.optional(),
  deviceAuthorizationEndpoint: template.optional(),
  revocationEndpoint: template.optional(),
  jwksUri: template.optional(),
  clientId: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  clientAuth: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
  algorithms: z.array(z.string()).optional(),
  request: z
    .strictObject({
      path: template,
      email: z.string(),
      password: z.string(),
      token: pointer,
      expiresIn: pointer.optional(),
    })
    .optional(),
}) satisfies z.ZodType<ManifestLogin>;

const scopes = z.strictObject({
  known: z.array(z.strictObject({ id: z.string().min(1), summary: z.string() })),
  default: z.array(z.string()),
  pattern: regularExpression.optional(),
}) satisfies z.ZodType<ManifestScopes>;

const operationId = z.enum(['create', 'list', 'get', 'rotate', 'revoke', 'usage', 'login']);
const status = z.int().min(100).max(599);

const errorRule = z.strictObject({
  when: z.strictObject({
    status: z.union([status, z.array(status)]).optional(),
    surface: z.enum(['api', 'mcp']).optional(),
    operation: z.union([operationId, z.array(operationId)]).optional(),
    pointer: pointer.optional(),
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    matches: regularExpression.optional(),
    absent: z.boolean().optional(),
  }),
  code: z.enum([
    'invalid_token',
    'invalid_api_key',
    'api_key_required',
    'insufficient_scope',
    'not_found',
    'rate_limited',
    'refused',
    'unsupported',
    'not_logged_in',
    'conflict',
    'usage',
    'server_error',
  ]),
  meaning: z.string().optional(),
  message: pointer.optional(),
  advice: z.string().optional(),
}) satisfies z.ZodType<ErrorRule>;

const key = z.strictObject({
  pattern: regularExpression.refine((text) => text.startsWith('^') && text.endsWith('$'), 'not anchored: write ^…$'),
  form: z.string().optional(),
  prefix: z.string(),
  nameLimit: z.int().min(13).optional(),
  mark: z.enum(['name', 'metadata', 'none']),
  expiry: z
    .strictObject({
      unit: durationUnit,
      as: timeFormat.optional(),
      min: count.optional(),
      max: count.optional(),
      never: z.union([z.literal(false), z.enum(['null', 'omit'])]),
      default: count.optional(),
    })
    .optional(),
  metadata: z.union([z.literal('any'), z.array(z.string())]).optional(),
  allowedIps: z.boolean().optional(),
}) satisfies z.ZodType<KeyForm>;

const placement = z.strictObject({
  url: template,
  suffix: z.string().startsWith('/').optional(),
  header: headerName,
  scheme: z.string().optional(),
}) satisfies z.ZodType<CredentialPlacement>;

const signing = z.strictObject({
  algorithm: z.literal('hmac-sha256'),
  timestampHeader: headerName,
  timestamp: z.enum(['unix-seconds', 'unix-milliseconds']),
  signatureHeader: headerName,
  encoding: z.enum(['hex', 'base64']),
  payload: template,
});

const manifest = z.strictObject({
  $schema: z.string().optional(),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'not an id: small letters, digits and "-"'),
  title: z.string().min(1).max(80),
  docs: webAddress.optional(),
  report: webAddress.optional(),
  hosts: z.array(host).optional(),
  profile,
  logins: z.array(login),
  security: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('http'), scheme: z.enum(['bearer', 'basic']) }),
      z.strictObject({ type: z.literal('apiKey'), in: z.literal('header'), name: headerName }),
    ])
    .optional(),
  operations,
  variants: z
    .array(
      z.strictObject({
        org: z.string().min(1),
        summary: z.string(),
        operations: operations.partial(),
        scopes: scopes.optional(),
      }),
    )
    .optional(),
  scopes,
  key,
  rules: z.strictObject({
    maxActive: z.int().min(1).optional(),
    order: z.enum(['create-first', 'revoke-first']),
    settling: duration.optional(),
  }),
  mcp: z.strictObject({ key: placement.optional(), login: placement.optional(), signing: signing.optional() }),
  environment: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'not a variable name')
    .optional(),
  errors: z.array(errorRule),
  rateLimit: z
    .strictObject({
      headers: z.array(
        z.strictObject({
          header: headerName,
          format: z.enum(['delta-seconds', 'unix-seconds', 'unix-milliseconds', 'http-date', 'auto']),
        }),
      ),
      requestsPerMinute: z.number().positive().optional(),
    })
    .optional(),
  advice: z.strictObject({ rotateAfter: duration.optional(), text: z.string().optional() }).optional(),
}) satisfies z.ZodType<Manifest>;

function compiles(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export type Checked = { readonly manifest: Manifest } | { readonly faults: readonly string[] };

/** The manifest that `value` is, or every fault with its JSON path. */
export function checkManifest(value: unknown): Checked {
  const parsed = manifest.safeParse(value);
  const faults = parsed.success
    ? meaningFaults(parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ path, message }));
  if (faults.length === 0 && parsed.success) return { manifest: parsed.data };
  return { faults: faults.map((fault) => `${jsonPath(fault.path)}: ${fault.message}`) };
}

const jsonPath = (path: readonly PropertyKey[]) =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`), '$');

/** What a provider's file holds: `{ manifest, extend? }`. Throws `bad_config_file` with the path of each fault. */
export function checkDefinition(value: unknown, file: string): ProviderDefinition {
  const { manifest: data, extend }: { manifest?: unknown; extend?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  const checked = checkManifest(data);
  if ('faults' in checked) {
    throw new UserError(
      'bad_config_file',
      [`${file} is no provider:`, ...checked.faults.map((fault) => `  ${fault}`)].join('\n'),
      {
        hint: 'mcpkey provider init writes one to start from; editors complete it with schema/provider.json.',
      },
    );
  }
  if (extend === undefined) return checked;
  if (!isExtend(extend)) throw new UserError('bad_config_file', `${file}: "extend" is no function.`);
  return { ...checked, extend };
}

const isExtend = (value: unknown): value is NonNullable<ProviderDefinition['extend']> => typeof value === 'function';

/** The JSON Schema (draft 2020-12) that is published as schema/provider.json. */
export function providerJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(manifest, { target: 'draft-2020-12', io: 'input', reused: 'ref' });
  return { ...schema, title: 'mcpkey provider', description: 'A key API described for mcpkey.' };
}
