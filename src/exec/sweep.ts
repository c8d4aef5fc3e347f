/** Keys for one run whose run was killed: found by their journals, and revoked. */
import { z } from 'zod';
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type LeftJournal, readJournals } from '../journal.ts';
import { findMarked } from '../keys/marked.ts';
import type { RemoteRef } from '../providers/types.ts';
import { revokeUnused } from '../rotation/steps/service.ts';
import { removeFile } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';
import { isGone, isOfThisBoot } from '../system/process.ts';
import { type Begun, EPHEMERAL, type EphemeralRecord, type Made, runLock } from './journal.ts';

/** A request whose sender was killed may be carried out so many ms later; after the second time it is not any more. */
const LATE = 3_000;
const POLL = 500;
const LOST = 60_000;
/** Another command waits for this: one attempt, and no longer than so many ms. */
const BRIEF = { timeout: 10_000, maxWait: 2_000, attempts: 1 };

const worker = z.object({
  pid: z.number(),
  start: z.string().nullable(),
  boot: z.string().nullable(),
  host: z.string(),
});
const begun = z.object({
  step: z.literal('begun'),
  at: z.string(),
  profile: z.string(),
  name: z.string(),
  label: z.string(),
  mark: z.string(),
  worker,
});
const made = z.object({ step: z.literal('made'), id: z.string(), label: z.string() });
const record = z.discriminatedUnion('step', [begun, made]) satisfies z.ZodType<EphemeralRecord>;

/** Resolves to what there is to say, a line each. Another command that does the same is left to it. */
export async function sweepEphemeral(context: Context): Promise<readonly string[]> {
  try {
    return await context.locks.with('ephemeral', () => sweepAll(context), { wait: 0 });
  } catch (error) {
    if (error instanceof UserError && error.code === 'conflict') return [];
    throw error;
  }
}

async function sweepAll(context: Context): Promise<readonly string[]> {
  const told: string[] = [];
  for (const left of await readJournals(context.paths.journals, EPHEMERAL)) {
    const run = readRun(left);
    if (run) told.push(...(await whereDead(context, run.begun, () => sweepOne(context, left, run))));
  }
  return told;
}

/**
 * A run of this boot is dead when its process is gone: one that is merely stopped still needs its key. Of another
 * machine's, or one before a reboot, only the lock tells, which dies with its heartbeat.
 */
async function whereDead(
  context: Pick<Context, 'locks'>,
  run: Begun,
  work: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (await isOfThisBoot(run.worker)) return (await isGone(run.worker)) ? work() : [];
  try {
    return await context.locks.with(runLock(run), work, { wait: 0 });
  } catch (error) {
    if (error instanceof UserError && error.code === 'conflict') return [];
    throw error;
  }
}

interface Run {
  readonly begun: Begun;
  readonly made: Made | undefined;
}

/** Throws `bad_config_file`, naming the line. */
function readRun(left: LeftJournal): Run | undefined {
  const records = left.records.map((value, index) => {
    const parsed = record.safeParse(value);
    if (parsed.success) return parsed.data;
    throw brokenFile(left.path, `line ${index + 1}: not a record of a key for one run`);
  });
  const [first, second] = records;
  if (first?.step !== 'begun') return undefined;
  return { begun: first, made: second?.step === 'made' ? second : undefined };
}

async function sweepOne(context: Context, left: LeftJournal, run: Run): Promise<readonly string[]> {
  const { profile: name, label } = run.begun;
  const profile = context.profiles.get(name);
  if (!profile) {
    await removeFile(left.path);
    return [
      `The key "${label}" of a run that was killed may still live; its profile ${name} is gone. Revoke it there.`,
    ];
  }
  try {
    const connection = await context.connect(profile, BRIEF);
    const keys = run.made ? [{ ...run.made, name: run.begun.name }] : await findLate(context, connection, run.begun);
    for (const key of keys) {
      await revokeUnused(connection, key);
      await context.ledger.record({ command: 'exec', ref: `${name}/${key.name}`, oldId: key.id, outcome: 'done' });
    }
    const lost = keys.length === 0 && isLost(context, run.begun);
    if (keys.length > 0 || lost) await removeFile(left.path);
    if (lost && connection.provider.operations.list.mode !== 'api') {
      return [
        `Whether the key "${label}" of a run that was killed was made is not known: look for it at ${connection.provider.title}.`,
      ];
    }
    return keys.map(({ id }) => `The key "${label}" (id ${id}) of a run that was killed was revoked.`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [`The key "${label}" of a run that was killed is still to be revoked: ${error.message}`];
  }
}

/** Asked for, and never answered. Where the service lists nothing, nobody can tell: the label is all there is. */
async function findLate(context: Context, connection: Connection, { at, mark, name }: Begun): Promise<RemoteRef[]> {
  const until = Date.parse(at) + LATE;
  for (;;) {
    const found = await findMarked(connection, mark);
    // A clock that was set back must not make anyone wait for ever.
    const wait = until - context.now();
    if (found.length > 0 || !(wait > 0 && wait <= LATE)) return found.map(({ id, label }) => ({ id, label, name }));
    await context.sleep(POLL);
  }
}

const isLost = (context: Pick<Context, 'now'>, { at }: Begun): boolean =>
  !(Math.abs(context.now() - Date.parse(at)) < LOST);
