/** Several keys side by side, within each service's limits. */
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import { typed } from '../typed.ts';
import { GO_ON, planKey } from './foresee.ts';
import { emptyResult, finishKey, resumeKey, rotateKey } from './rotate.ts';
import type { Job } from './select.ts';
import type { RotationOptions, RotationPorts, RotationResult } from './types.ts';

export interface ManyOptions extends RotationOptions {
  readonly concurrency: number;
  /** So many failures of one cause on one service end the work there; 0: never. */
  readonly stopAfter: number;
  readonly dryRun: boolean;
  /** Keys that only a person can make are passed over, where no person was asked for by name. */
  readonly skipByHand: boolean;
  /** As each is done, in whatever order. */
  done(result: RotationResult): void;
}

/** Results in the order of the jobs. Throws `Cancelled` and faults of mcpkey. */
export async function runJobs(
  ports: RotationPorts,
  jobs: readonly Job[],
  options: ManyOptions,
): Promise<readonly RotationResult[]> {
  const results = new Map<Job, RotationResult>();
  const causes = createCauses(options.stopAfter);
  const work = async (job: Job): Promise<void> => {
    const result = causes.spent(job) ?? (await runJob(ports, job, options));
    if (!result) return;
    causes.count(job, result);
    results.set(job, result);
    options.done(result);
  };
  const [alone, together] = await apart(ports, jobs, options.dryRun);
  // A plan asks no service, and is read from top to bottom.
  await sideBySide(together, options.dryRun ? 1 : options.concurrency, work);
  for (const job of alone) await work(job);
  return jobs.flatMap((job) => results.get(job) ?? []);
}

/** Those that a person has a hand in come last, one at a time. */
async function apart(ports: RotationPorts, jobs: readonly Job[], dryRun: boolean): Promise<[Job[], Job[]]> {
  const [alone, together]: [Job[], Job[]] = [[], []];
  for (const job of jobs) (!dryRun && (await needsPerson(ports, job)) ? alone : together).push(job);
  return [alone, together];
}

async function needsPerson(ports: RotationPorts, { profile }: Job): Promise<boolean> {
  try {
    const { create, rotate, revoke } = (await ports.connect(profile)).provider.operations;
    return revoke.mode === 'assisted' || (create.mode !== 'api' && rotate.mode !== 'api');
  } catch (error) {
    // What is wrong with the profile is told with the key.
    if (error instanceof UserError) return false;
    throw error;
  }
}

async function sideBySide(jobs: readonly Job[], concurrency: number, work: (job: Job) => Promise<void>): Promise<void> {
  const queue = jobs.values();
  const lane = async (): Promise<void> => {
    for (const job of queue) await work(job);
  };
  const lanes = Array.from({ length: Math.min(concurrency, jobs.length) }, lane);
  // All of them come to their end before the first fault is told: none is left in the middle.
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function runJob(ports: RotationPorts, job: Job, options: ManyOptions): Promise<RotationResult | undefined> {
  const byHand = options.skipByHand && job.what === 'rotate' ? await onlyByHand(ports, job) : undefined;
  if (byHand) return byHand;
  if (options.dryRun) return planJob(ports, job, options);
  if (job.what === 'resume') return resumeKey(ports, job, options);
  if (job.what === 'finish') return finishKey(ports, job);
  return rotateKey(ports, job, options);
}

async function planJob(ports: RotationPorts, job: Job, options: ManyOptions): Promise<RotationResult> {
  if (await ports.isClaimed(job.record)) return { ...emptyResult(job, 'failed'), error: claimed(job) };
  if (job.what === 'rotate') return planKey(ports, job, options);
  const steps = [job.what === 'resume' ? GO_ON : 'end the old key, and see it refused'];
  return { ...emptyResult(job, 'planned'), steps };
}

/** As the rotation itself would fail. */
const claimed = ({ record }: Job): UserError =>
  new UserError('conflict', `Another process rotates or revokes ${refOf(record)} now.`, {
    hint: 'Wait until it has ended, and try again.',
  });

async function onlyByHand(ports: RotationPorts, job: Job): Promise<RotationResult | undefined> {
  const { provider } = await ports.connect(job.profile).catch(() => ({ provider: undefined }));
  if (!provider || ports.guide.attended) return undefined;
  const { create, rotate } = provider.operations;
  if (create.mode === 'api' || rotate.mode === 'api') return undefined;
  const result = emptyResult(job, 'skipped');
  const error = new UserError('usage', `Only a person can make the new key at ${provider.title}.`, {
    provider: provider.id,
    hint: typed`mcpkey rotate ${result.ref}   (on a terminal, or with --stdin)`,
  });
  return { ...result, error };
}

interface Causes {
  count(job: Job, result: RotationResult): void;
  /** The result of a job that is not tried any more. */
  spent(job: Job): RotationResult | undefined;
}

/** Causes that lie with one key and say nothing of its service. */
const OWN: ReadonlySet<string> = new Set(['conflict', 'usage', 'not_found', 'bad_config_file', 'unsupported']);

/** A dead endpoint must not cost hundreds of keys. */
function createCauses(stopAfter: number): Causes {
  const counts = new Map<string, number>();
  const stopped = new Map<string, UserError>();
  const serviceOf = ({ profile }: Job) => [profile.provider, profile.url, profile.mcpUrl, profile.org].join(' ');
  return {
    count(job, { state, error }) {
      if (!error || OWN.has(error.code) || (state !== 'failed' && state !== 'resumable')) return;
      const cause = `${serviceOf(job)} ${error.code}`;
      const count = (counts.get(cause) ?? 0) + 1;
      counts.set(cause, count);
      if (stopAfter > 0 && count >= stopAfter) stopped.set(serviceOf(job), error);
    },
    spent(job) {
      const cause = stopped.get(serviceOf(job));
      if (!cause) return undefined;
      const error = new UserError(cause.code, `Not tried, as ${stopAfter} keys there failed alike: ${cause.message}`, {
        provider: cause.provider,
        status: cause.status,
        hint: cause.hint,
      });
      return { ...emptyResult(job, 'skipped'), error };
    },
  };
}
