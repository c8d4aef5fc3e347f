/** Carries a rotation from where its journal stands to its end, or to where it must wait. */
import { Cancelled, UserError } from '../errors.ts';
import { isRefusal } from '../keys/check.ts';
import { typed } from '../typed.ts';
import { conclude, noteLeft, resultOf } from './conclude.ts';
import type { StepId } from './records.ts';
import { nextStep } from './records.ts';
import { create } from './steps/create.ts';
import { hook, place } from './steps/place.ts';
import { promote } from './steps/promote.ts';
import { retire } from './steps/retire.ts';
import { revokeUnused } from './steps/service.ts';
import { store } from './steps/store.ts';
import { undo } from './steps/undo.ts';
import { verify } from './steps/verify.ts';
import type { RotationResult } from './types.ts';
import { closeJournal, type Ending, type Work } from './work.ts';

const STEPS: Readonly<Record<StepId, (work: Work) => Promise<Ending | undefined>>> = {
  create,
  store,
  verify,
  place,
  hook,
  promote,
  retire,
  undo,
};

const WORDS: Readonly<Record<StepId, string>> = {
  create: 'making the new key',
  store: 'storing it',
  verify: 'checking it',
  place: 'writing it where it is used',
  hook: 'handing it on',
  promote: 'making it the current one',
  retire: 'ending the old one',
  undo: 'giving the new key back',
};

/** Throws `Cancelled` and faults of mcpkey alone; then the journal stays wherever something was begun. */
export async function carry(work: Work): Promise<RotationResult> {
  try {
    let ending: Ending | undefined;
    for (let step = nextStep(work.progress); step && !ending; step = nextStep(work.progress)) {
      // A secret that is in memory alone is stored whatever happens.
      if (work.context.signal.aborted && step !== 'store') throw new Cancelled();
      work.ports.progress(work.ref, WORDS[step]);
      ending = await STEPS[step](work);
    }
    return await conclude(work, ending);
  } catch (error) {
    return stopped(work, error);
  }
}

async function stopped(work: Work, error: unknown): Promise<RotationResult> {
  const untouched = isUntouched(work);
  if (untouched && (error instanceof UserError || error instanceof Cancelled)) {
    await closeJournal(work).catch(ignoreUserError);
  }
  if (error instanceof Cancelled && !untouched) await noteLeft(work).catch(ignoreUserError);
  if (!(error instanceof UserError)) throw error;
  // Who took the key over ends it, and says so.
  if (await isLost(work)) return resultOf(work, { state: 'failed', error });
  if (untouched) return resultOf(work, { state: 'failed', error });
  const result = isUnkept(work) ? await giveBack(work, error) : leftOver(work, error);
  if (result.state === 'resumable') await noteLeft(work).catch(ignoreUserError);
  return result;
}

const isLost = ({ lock }: Work): Promise<boolean> =>
  lock.verify().then(
    () => false,
    (error: unknown) => error instanceof UserError && error.code === 'conflict',
  );

const leftOver = (work: Work, error: UserError): RotationResult =>
  resultOf(work, {
    state: 'resumable',
    error: toResume(error, awaitsKey(work, error) ? giveAnother(work) : undefined),
  });

/** What the error advises is for a command that changed nothing; this one did. */
const toResume = (error: UserError, hint = 'When that is mended: mcpkey rotate --resume'): UserError =>
  new UserError(error.code, error.message, {
    provider: error.provider,
    status: error.status,
    retryAfter: error.retryAfter,
    hint,
    cause: error,
  });

/** A person makes the new key, and gave none that is taken. */
const awaitsKey = ({ progress: { planned, provedAt } }: Work, error: UserError): boolean =>
  planned.plan.making === 'hand' && !provedAt && (error.code === 'usage' || isRefusal(error));

const giveAnother = ({ ref, ports: { guide } }: Work): string =>
  guide.attended
    ? typed`Make another key in the dashboard, and give that one: mcpkey rotate ${ref} --resume`
    : typed`Pipe the new key in: printf %s "$KEY" | mcpkey rotate ${ref} --resume --stdin`;

/** Nothing was made and nothing was revoked, as far as is known. */
const isUntouched = ({ progress, unsettled, gone }: Work): boolean => {
  const { created, promoted, retired, rejected, planned, abandoned } = progress;
  // An answer that was lost may have been that of a service that had replaced the secret.
  const replaced = planned.plan.making === 'native' && abandoned.length > 0;
  return !created && !promoted && !retired && !rejected && !unsettled && !gone && !replaced;
};

/** Made, and not to be stored; and the old one is as it was. */
const isUnkept = ({ progress: { created, stored, retired, rejected, planned }, fresh }: Work): boolean =>
  created !== undefined && !stored && !retired && !rejected && fresh !== undefined && planned.plan.making === 'api';

/** A crash in here leaves a key that was made and not stored, which a resumed rotation replaces. */
async function giveBack(work: Work, error: UserError): Promise<RotationResult> {
  const { created, planned, attempt } = work.progress;
  try {
    if (created) await revokeUnused(work.connection, { ...created, name: planned.name });
    await work.context.vault.forget(planned.profile, attempt.secret).catch(ignoreUserError);
    await closeJournal(work);
  } catch (failure) {
    if (!(failure instanceof UserError)) throw failure;
    return resultOf(work, { state: 'resumable', error: toResume(error) });
  }
  return resultOf(work, { state: 'failed', error });
}

/** What failed before may fail again; that changes nothing. */
function ignoreUserError(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}
