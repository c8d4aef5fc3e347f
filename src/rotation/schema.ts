/** The records of a journal that was left, checked before anything is done by them. */
import { z } from 'zod';
import { type ErrorCode, EXIT_CODES, type UserError } from '../errors.ts';
import type { LeftJournal } from '../journal.ts';
import { brokenFile } from '../system/json.ts';
import type { RotationRecord } from './records.ts';

const time = z.string();
const worker = z.object({
  pid: z.number(),
  start: z.string().nullable(),
  boot: z.string().nullable(),
  host: z.string(),
});
const attempt = {
  mark: z.string(),
  secret: z.string(),
  base: z.object({ id: z.string(), label: z.string() }).optional(),
};
const plan = z.object({
  making: z.enum(['native', 'api', 'hand']),
  order: z.enum(['create-first', 'revoke-first']),
  grace: z.number(),
  overlap: z.number().optional(),
  id: z.enum(['same', 'new']).optional(),
  retiring: z.enum(['service', 'api', 'hand']),
});
const old = z.object({
  id: z.string(),
  label: z.string(),
  secret: z.string().nullable(),
  expiresAt: z.string().nullable(),
  assisted: z.boolean(),
});
const newKey = z.object({
  id: z.string(),
  label: z.string(),
  prefix: z.string().nullable(),
  scopes: z.array(z.string()),
  createdAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  allowedIps: z.array(z.string()),
});
const handing = z.object({ onRotated: z.string(), host: z.string(), dir: z.string().optional() });
const isCode = (text: string): text is ErrorCode => Object.hasOwn(EXIT_CODES, text);
const error = z.object({
  code: z.string().refine(isCode),
  message: z.string(),
  hint: z.string().nullable(),
  provider: z.string().nullable(),
  status: z.number().nullable(),
});

const record = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('planned'),
    at: time,
    profile: z.string(),
    name: z.string(),
    provider: z.string(),
    plan,
    old,
    onRotated: z.string().nullable(),
    host: z.string(),
    dir: z.string().optional(),
    worker,
    from: z.enum(['start', 'promoted']),
    ...attempt,
  }),
  z.object({ step: z.literal('resumed'), at: time, worker, handing: handing.optional() }),
  z.object({ step: z.literal('again'), at: time, ...attempt }),
  z.object({ step: z.literal('created'), at: time, key: newKey }),
  z.object({ step: z.literal('stored'), at: time }),
  z.object({ step: z.literal('verified'), at: time }),
  z.object({ step: z.literal('placed'), at: time }),
  z.object({ step: z.literal('hooked'), at: time, hooks: z.array(z.string()).optional() }),
  z.object({ step: z.literal('promoted'), at: time, revokeAt: z.string().nullable() }),
  z.object({ step: z.literal('retired'), at: time, refusedAt: z.string().nullable() }),
  z.object({ step: z.literal('rejected'), at: time, error }),
  z.object({ step: z.literal('undone'), at: time }),
]) satisfies z.ZodType<RotationRecord>;

export interface ReadRecords {
  /** Up to the first line that is none. */
  readonly records: readonly RotationRecord[];
  /** `bad_config_file`, naming that line. */
  readonly fault: UserError | undefined;
}

export function readRecords(left: LeftJournal): ReadRecords {
  const records: RotationRecord[] = [];
  for (const value of left.records) {
    const parsed = record.safeParse(value);
    if (!parsed.success) {
      const fault = brokenFile(left.path, `line ${records.length + 1}: not a record of a rotation`);
      return { records, fault };
    }
    records.push(parsed.data);
  }
  return { records, fault: undefined };
}
