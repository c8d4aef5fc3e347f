/** `exec --ephemeral`: a key, the program, and the key's end, whatever ends the program. */
import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import { newMark } from '../keys/mark.ts';
import { holdSignals } from '../system/signals.ts';
import { type EphemeralKey, type EphemeralWishes, ephemeralTerms, makeEphemeral } from './ephemeral.ts';
import { runLock } from './journal.ts';
import { revokeLeftKeys } from './left.ts';
import type { RunWithSecrets } from './run.ts';
import { assignVariables, refuseTwice, splitVariables, variableOf } from './variables.ts';

export interface EphemeralRun extends EphemeralWishes {
  /** `--env VAR` for the key that is made, `--env VAR=REF` for others. */
  readonly envs: readonly string[];
}

/** Resolves to the program's exit code. Throws before anything is made, or with the key revoked again. */
export async function runEphemeral(
  context: Context,
  { envs, ...wishes }: EphemeralRun,
  start: (assignments: RunWithSecrets['assignments']) => Promise<number>,
): Promise<number> {
  const { own, others } = splitVariables(envs);
  const connection = await context.connect(context.profiles.inUse(context.options.profile));
  const terms = ephemeralTerms(connection.provider, wishes);
  if (terms.rounded) context.io.note(`The service counts in whole ${unitOf(connection)}: rounded up.`);
  const variables = own.length > 0 ? own : [variableOf(connection)];
  const more = others.length > 0 ? await assignVariables(context, undefined, others) : [];
  refuseTwice([...variables, ...more.map(({ variable }) => variable)]);
  for (const line of await revokeLeftKeys(context)) context.io.say(line);
  const mark = newMark();
  return context.locks.with(runLock({ mark }), async () => {
    const held = holdSignals();
    try {
      const key = await makeEphemeral(context, connection, { terms, mark });
      const assignments = [...variables.map((variable) => ({ variable, value: key.secret })), ...more];
      return await runAndEnd(context, key, async () => {
        if (held.caught) throw new Cancelled();
        held.release();
        return start(assignments);
      });
    } finally {
      held.release();
    }
  });
}

const unitOf = ({ provider }: { provider: { manifest: { key: { expiry?: { unit: string } | undefined } } } }) =>
  provider.manifest.key.expiry?.unit;

async function runAndEnd(context: Context, key: EphemeralKey, run: () => Promise<number>): Promise<number> {
  const [outcome] = await Promise.allSettled([run()]);
  const failure = await ended(key);
  if (failure && outcome.status === 'fulfilled' && outcome.value === 0) throw failure;
  // The program's own failure is told by its exit code, ours by its error.
  if (failure) context.io.warn(failure.message);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** Resolves to why it is not revoked, or to nothing. */
async function ended(key: EphemeralKey): Promise<UserError | undefined> {
  const held = holdSignals();
  try {
    await key.end();
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return stillThere(key, error);
  } finally {
    held.release();
  }
}

const stillThere = ({ ref }: EphemeralKey, cause: UserError): UserError =>
  new UserError('partial', `The key of this run (${ref}) is not revoked yet: ${cause.message}`, {
    hint: 'The next mcpkey command on this machine tries again.',
    cause,
  });
