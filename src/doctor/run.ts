/** The engine: every check side by side, each subject within its time, and what crashed as a result. */
import { setMaxListeners } from 'node:events';
import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import { isMeant, readAccepted } from './accepted.ts';
import { failure, isFinding, skipped } from './findings.ts';
import { CHECK_IDS, type CheckId } from './ids.ts';
import { CHECKS } from './index.ts';
import { createScope } from './scope/scope.ts';
import { isStoresFault } from './scope/stores.ts';
import { remedyOf } from './scope/words.ts';
import { NONE, nothing } from './subjects.ts';
import type { Check, Finding, Look, Observation, Scope } from './types.ts';

export interface DoctorOptions {
  /** All where absent. */
  readonly only?: readonly CheckId[] | undefined;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly deep: boolean;
}

/** A row of the document of `doctor`. */
export interface DoctorRow extends Observation {
  readonly id: CheckId;
  readonly subject: string;
  /** Marked as meant so: its state is `ok`, whatever was seen. */
  readonly accepted: boolean;
}

export interface Diagnosis extends DoctorRow, Pick<Finding, 'mend'> {}

const DEFAULT_TIMEOUT = 30_000;
/**
 * A request ends by itself at its time-out; what hangs elsewhere is given up a little later, so that the better word
 * wins: of a probe whose first request was answered, too. Milliseconds, and what comes to them with a long time-out.
 */
const SLACK = 1_500;
const SHARE = 0.05;

/** ms for a check whose requests may take `timeout` ms. */
export const limitOf = (timeout: number): number => timeout + Math.max(SLACK, timeout * SHARE);

/** In the order of the ids. Throws `Cancelled`. */
export async function runDoctor(context: Context, options: DoctorOptions): Promise<readonly Diagnosis[]> {
  const timeout = context.options.timeout ?? DEFAULT_TIMEOUT;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const stop = (): void => ending.abort(new Cancelled());
  context.signal.addEventListener('abort', stop, { once: true });
  const own: Context = Object.create(context, { signal: { value: ending.signal, enumerable: true } });
  const limit = limitOf(timeout);
  const scope = createScope(own, { ...options, timeout, limit });
  try {
    await meetShared(scope, limit);
    const ids = options.only ?? CHECK_IDS;
    const checks = await Promise.all(ids.map((id) => runCheck(CHECKS[id], scope, limit)));
    if (context.signal.aborted) throw new Cancelled();
    const accepted = await readAccepted(context).catch(unreadable);
    return checks.flat().map((row) => mark(row, isMeant(accepted, row.id, row.subject, row.state)));
  } finally {
    context.signal.removeEventListener('abort', stop);
    // Whatever still hangs is not waited for.
    stop();
  }
}

/** Profiles that other machines made. What is wrong with the files or the store is told by the checks. */
async function meetShared(scope: Scope, limit: number): Promise<void> {
  const { refreshShared } = await import('../shared/refresh.ts');
  await within(limit, () => refreshShared(scope.context), { id: 'store.available', scope });
}

/** `config.permissions` tells of a broken file of ours. */
function unreadable(error: unknown): [] {
  if (error instanceof UserError) return [];
  throw error;
}

type Looked = Finding & { readonly id: CheckId; readonly subject: string };

/** `limit` in ms, for finding the subjects and for each of them. */
export async function runCheck(check: Check, scope: Scope, limit: number): Promise<readonly Looked[]> {
  const { id } = check;
  const at = { id, scope };
  const looks = await within(limit, async (): Promise<readonly Look[] | Finding> => check.looks(scope), at);
  if ('state' in looks) return [{ id, subject: NONE, ...looks }];
  const meant = ofProfile(looks, check.id, scope.context.options.profile);
  return Promise.all(meant.map(async ({ subject, look }) => ({ id, subject, ...(await within(limit, look, at)) })));
}

/** Where a profile was named, that one and its keys alone. */
function ofProfile(looks: readonly Look[], id: CheckId, profile: string | undefined): readonly Look[] {
  if (profile === undefined || !/^(?:key|profile)\./.test(id)) return looks;
  const own = looks.filter(
    ({ subject }) => subject === NONE || subject === profile || subject.startsWith(`${profile}/`),
  );
  return own.length > 0 ? own : nothing(`"${profile}" has none.`);
}

interface At {
  readonly id: CheckId;
  readonly scope: Scope;
}

/** Races `work` against its time; what it throws becomes a finding. */
async function within<T>(limit: number, work: () => Promise<T>, at: At): Promise<T | Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((done) => {
    timer = setTimeout(() => done(tooLate(limit)), limit);
  });
  try {
    return await Promise.race([work().catch((error: unknown) => crashed(error, at)), late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = (limit: number): Finding =>
  failure(`This check did not end within ${Math.round(limit / 1000)} s.`, 'Try again, with more time: --timeout 2m');

async function crashed(error: unknown, { id, scope }: At): Promise<Finding> {
  if (error instanceof Cancelled) throw error;
  if (!(error instanceof UserError)) {
    const what = error instanceof Error ? error.message : String(error);
    return failure(`The check itself failed: ${what}`, `Report it: mcpkey doctor --check ${id} --verbose`);
  }
  // What a check needs and cannot have is told by the check that looks at it.
  if (!id.startsWith('store.') && (await isStoresFault(error, scope)))
    return skipped(`The secret store: ${error.message}`);
  if (error.code === 'bad_config_file' && id !== 'config.permissions') return skipped(error.message);
  if (error.code === 'not_found' && /^(?:key|profile)\./.test(id) && !OF_WHAT_IS_GONE.has(id))
    return skipped(error.message);
  return failure(error.message, remedyOf(error));
}

/** A profile or provider that is gone is told once a profile, and once a key. */
const OF_WHAT_IS_GONE: ReadonlySet<CheckId> = new Set(['profile.reachable', 'key.form']);

function mark({ mend, ...row }: Looked, accepted: boolean): Diagnosis {
  if (!accepted || !isFinding(row)) return { ...row, accepted: false, mend };
  return { ...row, state: 'ok', seen: `Accepted: ${row.seen}`, fix: null, accepted: true };
}

/** Runs every harmless remedy; resolves to a line for each thing done or not done. */
export async function mendAll(rows: readonly Diagnosis[], tell: (line: string) => void): Promise<readonly CheckId[]> {
  const touched = new Set<CheckId>();
  const told = new Set<string>();
  for (const { id, subject, mend } of rows) {
    if (!mend) continue;
    try {
      const done = await mend();
      // What several entries start is made anew once.
      if (!told.has(done)) tell(`${id} ${subject}: ${done}`);
      told.add(done);
      touched.add(id);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell(`${id} ${subject}: not mended: ${error.message}`);
    }
  }
  return [...touched];
}
