import { defineCommand, flag, list, value } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Guide } from '../keys/guide.ts';
import { refOf } from '../keys/refs.ts';
import { settleLeft } from '../keys/settle.ts';
import { runJobs } from '../rotation/many.ts';
import { createRotationPorts } from '../rotation/ports.ts';
import { unsettledResult } from '../rotation/rotate.ts';
import { dueJobs, type Job, leftJobs, namedJobs, pastGraceJobs } from '../rotation/select.ts';
import type { RotationPorts, RotationResult } from '../rotation/types.ts';
import { checkRotateOptions, type RotateWords } from '../rotation/words.ts';
import { terminalGuide } from '../views/guide.ts';
import { exitOf, printRotation, printSummary, rotationDocument } from '../views/rotations.ts';

/** `--all` waits longer where a service says so, in ms: nobody sits in front of it. */
const PATIENT = 600_000;
const USUAL = 60_000;

export const command = defineCommand({
  summary: 'Replace keys by new ones, without a moment in which none works',
  details:
    'Makes the new key, stores it, checks it, writes it where the key itself stands, makes it the current one, and revokes the old one last. Each step is on the disk before the next begins: what a crash leaves, --resume ends. A grace longer than the old key lives is refused; with --all it is shortened, and that is said.',
  arguments: [{ name: 'KEY', summary: 'keys to rotate', variadic: true, completes: 'key' }],
  options: {
    all: flag('every active key that is stored here, of the profile in use'),
    allProfiles: flag('with --all: of every profile'),
    olderThan: value('DURATION', 'with --all: only keys made longer ago than DURATION'),
    expiring: value('DURATION', 'with --all: only keys that end within DURATION'),
    match: value('GLOB', 'with --all: only names that fit, as "ci-*"'),
    where: list('K=V', 'with --all: only keys with this metadata'),
    grace: value('DURATION', 'let the old key live on that long (default 0)'),
    order: value('ORDER', 'create-first or revoke-first (then no key works in between)', {
      completes: ['create-first', 'revoke-first'],
    }),
    dryRun: flag('say what would be done, and do nothing'),
    concurrency: value('N', 'so many keys side by side (default 4)'),
    resume: flag('end what a crash or a failure left'),
    finish: flag('revoke what is past its grace'),
    stopAfter: value('N', 'stop at a service after N failures of one cause (default 5; 0: never)'),
    onRotated: value('CMD', 'a command of the shell that gets the new secret on stdin'),
    stdin: flag('read the key made by hand from stdin'),
  },
  examples: [
    { run: 'mcpkey rotate stock/ci', does: 'a new key, and the old one revoked' },
    { run: 'mcpkey rotate stock/ci --grace 24h', does: 'the old key lives on for a day' },
    { run: 'mcpkey rotate --all --older-than 80d --no-input --json', does: 'what is due, for a nightly job' },
    { run: 'mcpkey rotate --resume', does: 'ends what a crash left' },
  ],
  async run(context, { args, options }) {
    const words: RotateWords = { ...options, keys: args, profile: context.options.profile };
    const settings = checkRotateOptions(words);
    if (words.profile !== undefined) context.profiles.inUse(words.profile);
    const guide = terminalGuide(context, options);
    const ports = createRotationPorts(context, {
      guide,
      // What is read from stdin is the new key; the old one is revoked by a person all the same.
      revoking: { ...guide, show: terminalGuide(context).show },
      maxWait: context.options.maxWait ?? (options.all ? PATIENT : USUAL),
      agreeToGap: (ref) => agreeToGap(context, ref),
      ...(options.finish ? { saysRevoked: (ref, id) => saysRevoked(context, ref, id) } : {}),
      progress: (ref, line) => (args.length === 1 ? context.io.note(`${ref}: ${line}…`) : undefined),
    });
    const jobs = await chosen(context, ports, words);
    if (options.stdin) await checkByHand(ports, jobs);
    const done = (result: RotationResult) => (context.io.json ? undefined : printRotation(context.io, result));
    const { settled, unsettled } = await settleCreations(context, guide, words);
    for (const result of unsettled) done(result);
    const results = await runJobs(ports, jobs, { ...settings, skipByHand: options.all, done });
    const idle = options.all ? 'Nothing is due.' : 'There is nothing to resume or to finish.';
    return report(context, [...unsettled, ...results], settled > 0 ? undefined : idle);
  },
});

/** Keys whose making was cut short are taken back too, where no key is named. */
async function settleCreations(
  context: Context,
  guide: Guide,
  { resume, keys, profile, dryRun }: RotateWords,
): Promise<{ settled: number; unsettled: readonly RotationResult[] }> {
  if (!resume || keys.length > 0 || dryRun) return { settled: 0, unsettled: [] };
  const { settled, unsettled } = await settleLeft(context, guide, profile);
  return { settled, unsettled: unsettled.map(unsettledResult) };
}

async function chosen(context: Context, { journals }: RotationPorts, words: RotateWords): Promise<readonly Job[]> {
  const { keys, profile: only, resume, finish, all, allProfiles } = words;
  if (all) {
    const profiles = () => (allProfiles ? context.profiles.list() : [context.profiles.inUse(only)]);
    return dueJobs(context, journals, { filter: words, profiles });
  }
  if (!resume && !finish) return namedJobs(context, keys, 'rotate');
  const left = resume ? await leftJobs(context, journals, only) : [];
  const past = finish ? await pastGraceJobs(context, only) : [];
  const named = await namedJobs(context, keys, 'resume');
  const begun = new Set(left.map(({ record }) => refOf(record)));
  const names = new Set(named.map(({ record }) => refOf(record)));
  const fits = ({ record }: Job) => keys.length === 0 || names.has(refOf(record));
  return [...left, ...past.filter(({ record }) => !begun.has(refOf(record)))].filter(fits);
}

async function checkByHand(ports: RotationPorts, jobs: readonly Job[]): Promise<void> {
  for (const { profile } of jobs) {
    const { provider } = await ports.connect(profile);
    const { create, rotate } = provider.operations;
    if (create.mode !== 'api' && rotate.mode !== 'api') continue;
    throw new UserError('usage', `${provider.title} makes keys by its API: there is none to read from stdin.`, {
      hint: 'Leave --stdin out.',
    });
  }
}

const agreeToGap = ({ io }: Context, ref: string): Promise<boolean> =>
  io.confirm(`Revoke the old key of ${ref} before there is a new one? Until then no key of it works.`, {
    hint: 'Add --yes to agree to the gap.',
  });

/** Without a terminal, `--yes` says so. */
const saysRevoked = async ({ io, options }: Context, ref: string, id: string): Promise<boolean> =>
  (io.interactive || options.yes) &&
  io.confirm(`Is the old key of ${ref} (id ${id}) revoked? Its secret is not here to try with.`, {
    hint: 'Add --yes when it is.',
  });

/** `idle` is said where there are no results. */
function report(context: Context, results: readonly RotationResult[], idle: string | undefined): number {
  const { io } = context;
  if (io.json) {
    io.document(results.map(rotationDocument));
    for (const { ref, warnings } of results) for (const warning of warnings) io.warn(`${ref}: ${warning}`);
  } else if (results.length === 0) {
    if (idle !== undefined) io.note(idle);
  } else {
    printSummary(io, results);
  }
  return exitOf(results);
}
