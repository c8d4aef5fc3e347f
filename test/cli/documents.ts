/** The documents that `--json` prints, as schemas: a field that is missing or of another type fails the test. */
import { z } from 'zod';

const time = z.iso.datetime().nullable();

export const KEY = z.object({
  ref: z.string(),
  profile: z.string(),
  provider: z.string(),
  id: z.string(),
  name: z.string(),
  label: z.string(),
  prefix: z.string().nullable(),
  scopes: z.array(z.string()),
  createdAt: time,
  expiresAt: time,
  lastUsedAt: time,
  status: z.enum(['active', 'expired', 'revoked', 'unknown']),
  stored: z.boolean(),
  metadata: z.record(z.string(), z.string()),
  allowedIps: z.array(z.string()),
  previous: z.null(),
  placements: z.array(
    z.object({ client: z.string(), path: z.string(), server: z.string(), mode: z.string(), host: z.string() }),
  ),
});

export const ERROR = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  provider: z.string().nullable(),
  status: z.number().nullable(),
  retryAfter: z.number().nullable(),
});

export const VERIFY = z.object({
  ok: z.boolean(),
  status: z.number().nullable(),
  server: z.object({ name: z.string(), version: z.string() }).nullable(),
  protocolVersion: z.string().nullable(),
  tools: z.array(z.string()),
  durationMs: z.number(),
  error: ERROR.nullish(),
});

export const REVOKED = z.array(
  z.object({ ref: z.string(), id: z.string(), state: z.enum(['revoked', 'failed']), error: ERROR.nullable() }),
);

export const CHANGES = z.array(
  z.object({
    client: z.string(),
    path: z.string(),
    server: z.string(),
    mode: z.string(),
    changed: z.boolean(),
    diff: z.string(),
    reload: z.string().nullish(),
  }),
);

export const WHO = z.object({
  profile: z.string(),
  provider: z.string(),
  account: z.string().nullable(),
  method: z.string().nullable(),
  loggedIn: z.boolean(),
  expiresAt: time,
});

export const PROFILE = z.object({
  profile: z.string(),
  provider: z.string(),
  url: z.string().nullable(),
  mcpUrl: z.string().nullable(),
  org: z.string().nullable(),
  default: z.boolean(),
  loggedIn: z.boolean(),
});

export const USAGE = z.object({
  profile: z.string(),
  days: z.number(),
  totalCalls: z.number(),
  totalRecords: z.number().nullable(),
  daily: z.array(z.object({ date: z.iso.date(), calls: z.number(), records: z.number().nullable() })),
  tools: z.array(z.object({ name: z.string(), calls: z.number() })),
  records: z.array(z.record(z.string(), z.unknown())),
});

export const SETUP = z.array(
  z.object({
    server: z.string(),
    profile: z.string(),
    key: z.string().nullable(),
    state: z.enum(['ready', 'missing', 'failed']),
    placements: z.array(z.object({ client: z.string(), path: z.string() }).loose()),
    error: ERROR.nullable(),
  }),
);
