import { defineCommand, flag, list, value } from '../command.ts';
import type { Context } from '../context.ts';
import { CHECK_IDS, type CheckId, isCheckId } from '../doctor/ids.ts';
import type { Diagnosis, DoctorOptions } from '../doctor/run.ts';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';
import { requireProfile } from '../profiles.ts';

/** As the services advise, in ms. */
const MAX_AGE = 90 * 86_400_000;
const FOUND = 10;

export const command = defineCommand({
  summary: 'Say what is wrong, and the command that mends it',
  details:
    'Looks at each link of the chain: mcpkey’s own files, the secret store, the services, the keys, what is placed, and every client’s config, those of the current folder’s project too. Exits with 10 where it found an error, with 0 on warnings alone. mcpkey help checks lists what it looks at.',
  arguments: [
    {
      name: 'SUBJECT',
      summary: 'with --accept: whose finding it is (a key, profile, client or store)',
      completes: 'subject',
    },
  ],
  options: {
    fix: flag('do what is harmless, and say what was done'),
    check: list('ID', 'run this check alone (repeatable)', { completes: CHECK_IDS }),
    accept: value('ID', 'mark the finding of check ID about SUBJECT as meant so', { completes: CHECK_IDS }),
    strict: flag('exit with 10 on warnings as well'),
    maxAge: value('DURATION', 'how old a key may be (default 90d)'),
    deep: flag('look through git’s history and the shells’ histories too'),
  },
  examples: [
    { run: 'mcpkey doctor', does: 'everything, and what to do' },
    { run: 'mcpkey doctor --fix', does: 'mends what is harmless to mend' },
    { run: 'mcpkey doctor --check key.probe --json', does: 'one check, for scripts' },
    { run: 'mcpkey doctor --accept key.age stock/ci', does: 'that key may be old' },
  ],
  hot: true,
  async run(context, { args: [subject], options }) {
    if (context.options.profile !== undefined) requireProfile(context.profiles.list(), context.options.profile);
    const maxAge = options.maxAge === undefined ? MAX_AGE : parseDuration(options.maxAge, '--max-age');
    if (options.accept !== undefined)
      return acceptOne(context, options.accept, subject, { maxAge, deep: options.deep });
    if (subject !== undefined) {
      throw new UserError('usage', `"${subject}" stands there without --accept ID.`, { hint: 'mcpkey help doctor' });
    }
    const only = options.check.length === 0 ? undefined : options.check.map(idOf);
    const settings = { only, maxAge, deep: options.deep };
    const rows = await diagnose(context, settings, options.fix);
    await show(context, rows);
    return rows.some(({ state }) => state === 'error' || (options.strict && state === 'warning')) ? FOUND : 0;
  },
});

function idOf(word: string): CheckId {
  if (isCheckId(word)) return word;
  throw new UserError('not_found', withNearest(`There is no check "${word}".`, word, CHECK_IDS), {
    hint: 'mcpkey help checks',
  });
}

const LEFT = 'Nothing of it can be mended without harm: run the commands that are printed.';

async function diagnose(context: Context, options: DoctorOptions, fix: boolean): Promise<readonly Diagnosis[]> {
  const { isFinding } = await import('../doctor/findings.ts');
  const { mendAll, runDoctor } = await import('../doctor/run.ts');
  const rows = await runDoctor(context, options);
  if (!fix) return rows;
  const mended = await mendAll(rows, (line) => context.io.say(line));
  if (mended.length === 0) context.io.note(rows.some(isFinding) ? LEFT : 'Nothing to mend.');
  return mended.length === 0 ? rows : runDoctor(context, options);
}

async function acceptOne(
  context: Context,
  word: string,
  subject: string | undefined,
  options: DoctorOptions,
): Promise<number> {
  const id = idOf(word);
  if (subject === undefined) {
    throw new UserError('usage', 'Whose finding is meant so? There is no SUBJECT.', {
      hint: `mcpkey doctor --accept ${id} SUBJECT`,
    });
  }
  const { runDoctor } = await import('../doctor/run.ts');
  const { accept } = await import('../doctor/accepted.ts');
  const rows = (await runDoctor(context, { ...options, only: [id] })).filter((row) => row.subject === subject);
  const [row] = rows;
  if (!row) {
    throw new UserError('not_found', `The check ${id} has no subject "${subject}".`, {
      hint: `mcpkey doctor --check ${id} --verbose`,
    });
  }
  if (row.state === 'warning' || row.state === 'error') await accept(context, { id, subject, state: row.state });
  else context.io.note(row.accepted ? 'It was accepted before.' : 'There is nothing to accept: nothing is wrong.');
  const isFound = row.state === 'warning' || row.state === 'error';
  const after = isFound
    ? { ...row, state: 'ok' as const, seen: `Accepted: ${row.seen}`, fix: null, accepted: true }
    : row;
  await show(context, [after]);
  return 0;
}

async function show({ io, options }: Context, rows: readonly Diagnosis[]): Promise<void> {
  const { doctorDocument, printDiagnosis } = await import('../views/doctor.ts');
  if (io.json) io.document(rows.map(doctorDocument));
  else printDiagnosis(io, rows, options.verbose || rows.length === 1);
}
