/** The schema of a manifest's HTTP part; the shapes are those of manifest-http.ts. */
import { z } from 'zod';
import type {
  AssistedOperation,
  BodyTemplate,
  CreateOperation,
  GetOperation,
  HttpOperation,
  KeyFields,
  ListOperation,
  ManifestDuration,
  ManifestOperations,
  Pagination,
  RevokeOperation,
  RotateOperation,
  TimeField,
  UnsupportedOperation,
  UsageOperation,
} from './manifest-http.ts';

export const pointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'not a JSON Pointer (RFC 6901): it begins with "/", or is empty')
  .meta({ description: 'JSON Pointer (RFC 6901)' });
/** Every brace belongs to an expression: RFC 6570 level 1, and `{+name}` of level 2. */
export const template = z
  .string()
  .regex(/^(?:[^{}]|\{\+?[A-Za-z][A-Za-z0-9_]*\})*$/, 'not a template: write inputs as {name}')
  .meta({ description: 'URI template (RFC 6570 level 1)' });
export const durationUnit = z.enum(['milliseconds', 'seconds', 'minutes', 'hours', 'days']);
export const timeFormat = z.enum([
  'rfc3339',
  'rfc2822',
  'unix-seconds',
  'unix-milliseconds',
  'local-datetime',
  'sql-datetime',
  'date',
]);
export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a header name (RFC 9110)');
export const count = z.int().min(0);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const duration = z.strictObject({
  amount: z.number().min(0),
  unit: durationUnit,
}) satisfies z.ZodType<ManifestDuration>;

const timeField = z.strictObject({ pointer, format: timeFormat }) satisfies z.ZodType<TimeField>;

const bodyTemplate: z.ZodType<BodyTemplate> = z.lazy(() =>
  z.union([template, z.number(), z.boolean(), z.null(), z.array(bodyTemplate), z.record(z.string(), bodyTemplate)]),
);

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: template.refine((path) => path.startsWith('/'), 'a path begins with "/"'),
  query: z.record(z.string(), template).optional(),
  headers: z.record(headerName, template).optional(),
  bodyType: z.enum(['json', 'form']).optional(),
  body: z.record(z.string(), bodyTemplate).optional(),
  repeatable: z.boolean().optional(),
  success: z.strictObject({
    status: z.array(z.int().min(200).max(299)).min(1),
    condition: z.strictObject({ pointer, equals: z.union([scalar, z.null()]) }).optional(),
  }),
  failureMessage: pointer.optional(),
}) satisfies z.ZodType<HttpOperation>;

const fields = z.strictObject({
  id: pointer.optional(),
  label: pointer.optional(),
  secret: pointer.optional(),
  prefix: pointer.optional(),
  scopes: pointer.optional(),
  createdAt: timeField.optional(),
  expiresAt: timeField.optional(),
  lastUsedAt: timeField.optional(),
  active: z.strictObject({ pointer, equals: scalar, otherwise: z.enum(['revoked', 'expired']) }).optional(),
  metadata: pointer.optional(),
  allowedIps: pointer.optional(),
}) satisfies z.ZodType<KeyFields>;

const paged = { parameter: z.string(), sizeParameter: z.string().optional(), size: z.int().min(1).optional() };

const pagination = z.discriminatedUnion('style', [
  z.strictObject({ style: z.literal('none') }),
  z.strictObject({ style: z.literal('page'), ...paged, total: pointer.optional(), first: count.optional() }),
  z.strictObject({ style: z.literal('offset'), ...paged, total: pointer.optional() }),
  z.strictObject({
    style: z.literal('cursor'),
    parameter: z.string(),
    in: z.enum(['query', 'body']),
    cursor: pointer,
    hasMore: pointer.optional(),
  }),
  z.strictObject({ style: z.literal('last-id'), parameter: z.string(), id: pointer, hasMore: pointer }),
  z.strictObject({ style: z.literal('link-header') }),
  z.strictObject({ style: z.literal('next-url'), pointer }),
]) satisfies z.ZodType<Pagination>;

const api = z.literal('api');
const assisted = z.strictObject({
  mode: z.literal('assisted'),
  page: template,
  steps: z.array(template).min(1),
}) satisfies z.ZodType<AssistedOperation>;
const unsupported = z.strictObject({
  mode: z.literal('unsupported'),
  reason: z.string().min(1),
}) satisfies z.ZodType<UnsupportedOperation>;

const made = fields.required({ id: true, secret: true });
const create = z.strictObject({ mode: api, request, fields: made }) satisfies z.ZodType<CreateOperation>;
const list = z.strictObject({
  mode: api,
  request,
  items: pointer,
  fields: fields.required({ id: true, label: true }),
  pagination,
}) satisfies z.ZodType<ListOperation>;
const get = z.strictObject({ mode: api, request, fields }) satisfies z.ZodType<GetOperation>;
const revoke = z.strictObject({ mode: api, request }) satisfies z.ZodType<RevokeOperation>;
const rotate = z.strictObject({
  mode: api,
  request,
  fields: fields.required({ secret: true }),
  id: z.enum(['same', 'new']),
  overlap: z.strictObject({ unit: durationUnit, max: count.optional() }).optional(),
}) satisfies z.ZodType<RotateOperation>;
const usage = z.strictObject({
  mode: api,
  stats: request,
  maxDays: z.int().min(1).optional(),
  daily: z.strictObject({ items: pointer, date: pointer, calls: pointer, records: pointer.optional() }),
  totals: z.strictObject({ calls: pointer, records: pointer.optional() }),
  tools: z.strictObject({ items: pointer, name: pointer, calls: pointer }),
  history: z
    .strictObject({
      request,
      items: pointer,
      time: timeField.optional(),
      tool: pointer.optional(),
      failed: z.strictObject({ pointer, equals: scalar }).optional(),
      duration: z.strictObject({ pointer, unit: durationUnit }).optional(),
    })
    .optional(),
}) satisfies z.ZodType<UsageOperation>;

export const operations = z.strictObject({
  create: z.discriminatedUnion('mode', [create, assisted, unsupported]),
  list: z.discriminatedUnion('mode', [list, assisted, unsupported]),
  get: z.discriminatedUnion('mode', [get, assisted, unsupported]).optional(),
  revoke: z.discriminatedUnion('mode', [revoke, assisted, unsupported]),
  rotate: z.discriminatedUnion('mode', [rotate, assisted, unsupported]).optional(),
  usage: z.discriminatedUnion('mode', [usage, assisted, unsupported]),
}) satisfies z.ZodType<ManifestOperations>;
