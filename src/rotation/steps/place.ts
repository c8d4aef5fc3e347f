/** Brings the new key to where it is used: files that hold the key itself, all or none, then hooks one by one. */
import { UserError } from '../../errors.ts';
import { renewPlacements } from '../../placement/renew.ts';
import { redact } from '../../secret.ts';
import { run } from '../../system/run.ts';
import { currentRecord, readFresh, readOld, record, timeNow, type Work } from '../work.ts';

/** Milliseconds that a hook may take. */
const HOOK_TIME = 60_000;
const TIMED_OUT = 124;
/** Characters of what a failed hook said. */
const SHOWN = 300;

/** Throws as a placement does, with every file as it was. */
export async function place(work: Work): Promise<undefined> {
  const { created, attempt } = work.progress;
  const known = await currentRecord(work);
  const next = { id: created?.id ?? known.id, secret: attempt.secret };
  const fresh = await readFresh(work);
  const report = await renewPlacements(work.context, { record: known, old: await readOld(work), fresh, next });
  work.placements = report.changes;
  work.warnings.push(...report.warnings);
  await record(work, { step: 'placed', at: timeNow(work) });
  return undefined;
}

/** Throws `refused` where the command fails, `unreachable` where it takes too long. */
export async function hook(work: Work): Promise<undefined> {
  const { onRotated, old, worker } = work.progress.planned;
  // A command is run by the machine alone that it was given to.
  if (onRotated !== null && worker.host === work.progress.worker.host) {
    const { env, platform, options, cwd } = work.context;
    const shell = platform === 'win32' ? { program: env.ComSpec ?? 'cmd.exe', flags: ['/d', '/s', '/c'] } : SH;
    const { code, stderr, stdout } = await run(shell.program, [...shell.flags, onRotated], {
      input: (await readFresh(work)).reveal(),
      env: { ...env, MCPKEY_REF: work.ref, MCPKEY_OLD_ID: old.id, MCPKEY_NEW_ID: work.progress.created?.id ?? '' },
      timeout: options.timeout ?? HOOK_TIME,
      cwd,
    });
    if (code !== 0) throw hookFailed(onRotated, code, stderr.trim() || stdout.trim());
  }
  await record(work, { step: 'hooked', at: timeNow(work) });
  return undefined;
}

const SH = { program: '/bin/sh', flags: ['-c'] };

function hookFailed(command: string, code: number, said: string): UserError {
  const what = code === TIMED_OUT ? 'took too long' : `ended with exit code ${code}`;
  const words = redact(said).slice(-SHOWN);
  const hint = 'Mend it, then: mcpkey rotate --resume';
  return new UserError('refused', `The command "${redact(command)}" ${what}${words ? `: ${words}` : '.'}`, { hint });
}
