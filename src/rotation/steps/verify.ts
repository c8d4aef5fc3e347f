/** Probes the new key before anything depends on it. */
import { UserError } from '../../errors.ts';
import { isRefused, probeValue } from '../../keys/check.ts';
import { inMilliseconds } from '../../providers/lifetimes.ts';
import type { ProbeResult } from '../../proxy/probe.ts';
import { typed } from '../../typed.ts';
import { keptError, readFresh, record, timeNow, type Work } from '../work.ts';
import { replaceMade, tryAnother } from './anew.ts';
import { askForKey, keepGiven } from './create.ts';
import { nothingToPlace } from './place.ts';

/** Between two probes of a key that takes a while to work, in ms. */
const POLL = 500;

/**
 * A key that fails is given back, where the old one is still there to go on with; else it is kept, and the rotation
 * waits. Throws what the probe says in the second case.
 */
export async function verify(work: Work): Promise<undefined> {
  const result = await probeUntilSettled(work);
  if (!result.error) {
    await record(work, { step: 'verified', at: timeNow(work) }, ...(await nothingToPlace(work)));
    return undefined;
  }
  if (hasWayBack(work)) {
    await record(work, {
      step: 'rejected',
      at: timeNow(work),
      error: keptError(ofNewKey(work, result.error, isRefused(result))),
    });
    return undefined;
  }
  if (work.resumed && isRefused(result)) return replaceDead(work, result.error);
  throw result.error;
}

/** What a probe says of a key and advises is for one in use, and that is the old one. */
function ofNewKey({ ref }: Work, error: UserError, refused: boolean): UserError {
  const { code, message, provider, status, hint } = error;
  return new UserError(code, `The new key of ${ref} failed its check, and the old one stays as it is: ${message}`, {
    provider,
    status,
    hint: refused ? typed`mcpkey verify ${ref}` : hint,
    cause: error,
  });
}

/** Services name how long a new value may be refused. */
async function probeUntilSettled(work: Work): Promise<ProbeResult> {
  const { context, connection } = work;
  const { settling } = connection.provider.manifest.rules;
  const end = context.now() + (settling ? inMilliseconds(settling.amount, settling.unit) : 0);
  const value = await readFresh(work);
  const patient = { ...context, options: { ...context.options, maxWait: work.ports.maxWait } };
  for (;;) {
    const result = await probeValue(patient, connection, value);
    if (!isRefused(result) || context.now() + POLL > end) return result;
    await context.sleep(POLL);
  }
}

/** The old key still works, and nothing has been set in motion that ends it. */
const hasWayBack = ({ progress: { planned, retired } }: Work): boolean =>
  planned.plan.making !== 'native' && retired === undefined;

/** There is no old key to go back to, and this one does not work: another is made. Once a run. */
async function replaceDead(work: Work, error: UserError): Promise<undefined> {
  const { created, planned, abandoned } = work.progress;
  if (planned.plan.making === 'hand') return askAgain(work, error);
  if (abandoned.length > 1 || !created) throw error;
  await replaceMade(work, created);
  return undefined;
}

/** The refused one is let go when there is another: until then it may be one that takes its time. */
async function askAgain(work: Work, error: UserError): Promise<undefined> {
  if (work.given) throw error;
  work.ports.guide.warn(`${work.ref}: the key that was given is refused, so another is needed. ${error.message}`);
  const value = await askForKey(work);
  await tryAnother(work, undefined);
  await keepGiven(work, value);
  return undefined;
}
