/** One key, from whatever state it is in to a new one. */

import type { Connection } from '../context.ts';
import { UserError } from '../errors.ts';
import { identify, isDead } from '../keys/identify.ts';
import { refOf } from '../keys/refs.ts';
import type { HeldLock } from '../system/types.ts';
import { typed } from '../typed.ts';
import { beginFinish, beginRotation, continueRotation } from './begin.ts';
import { leftOf, refuseOthers } from './left.ts';
import { needsId, planRotation, shortened, withoutId } from './plan.ts';
import { isPastGrace } from './select.ts';
import type { RotatingKey, RotationOptions, RotationPorts, RotationResult, RotationState } from './types.ts';

/** Never throws for one key's failure: that is the result's. Throws `Cancelled` and faults of mcpkey. */
export async function rotateKey(
  ports: RotationPorts,
  key: RotatingKey,
  options: RotationOptions,
): Promise<RotationResult> {
  return guarded(key, () =>
    ports.claim(key.record, async (lock) => {
      const connection = await ports.connect(key.profile);
      const left = await leftOf(ports, key);
      if (left) {
        refuseOthers(left, options);
        const ended = await continueRotation(ports, left, { connection, lock });
        // What was left is the rotation that is asked for, unless it ended an earlier one or came to nothing.
        const goesOn = left.progress.planned.from === 'promoted' ? ended.state === 'done' : ended.state === 'failed';
        if (!goesOn) return ended;
      }
      const current = await freshKey(ports, key);
      const stuck = await endEarlier(ports, current, { connection, lock });
      if (stuck) return stuck;
      const next = current.record.previous ? await freshKey(ports, key) : current;
      return begin(ports, next, { connection, lock, options });
    }),
  );
}

interface Doing {
  readonly connection: Connection;
  readonly lock: HeldLock;
  readonly options: RotationOptions;
}

async function begin(ports: RotationPorts, { profile, record }: RotatingKey, doing: Doing): Promise<RotationResult> {
  const { connection, lock, options } = doing;
  const { provider } = connection;
  const key = { profile, record: await identify(ports.context, connection, record) };
  const plan = planRotation(provider, key.record, options, ports.context.now());
  if (
    needsId(plan, key.record) &&
    (plan.making === 'native' || !(await isDead(ports.context, connection, key.record)))
  ) {
    throw withoutId(key.record, provider.title);
  }
  if (plan.order === 'revoke-first' && !(await ports.agreeToGap(refOf(key.record)))) {
    throw new UserError('usage', `${refOf(key.record)} was left as it is.`, { hint: 'Agree with --yes.' });
  }
  const { onRotated } = options;
  const begun = await beginRotation(ports, key, { plan, connection, lock, onRotated });
  const told = begun.state === 'failed' ? [] : shortened(plan, key.record, options);
  const result = { ...begun, warnings: [...told, ...begun.warnings] };
  const oneAtATime = provider.manifest.rules.maxActive !== undefined && options.order === undefined;
  if (!oneAtATime || plan.order === 'revoke-first' || !refusesSecond(result)) return result;
  return revokeFirstInstead(ports, key, doing, result);
}

const refusesSecond = ({ state, error }: RotationResult): boolean =>
  state === 'failed' && (error?.code === 'refused' || error?.code === 'conflict');

/** The service allows no second key beside the old one. */
async function revokeFirstInstead(
  ports: RotationPorts,
  key: RotatingKey,
  doing: Doing,
  refused: RotationResult,
): Promise<RotationResult> {
  const { grace } = doing.options;
  const hint = typed`mcpkey rotate ${refused.ref} --order revoke-first   (between the two no key works)`;
  const error = refused.error && new UserError(refused.error.code, refused.error.message, { ...refused.error, hint });
  if (grace > 0) return { ...refused, error };
  try {
    if (!(await ports.agreeToGap(refused.ref))) return { ...refused, error };
  } catch (thrown) {
    if (thrown instanceof UserError && thrown.code === 'usage') return { ...refused, error };
    throw thrown;
  }
  const options = { ...doing.options, order: 'revoke-first' } as const;
  const plan = planRotation(doing.connection.provider, key.record, options, ports.context.now());
  return beginRotation(ports, key, { ...doing, plan, onRotated: options.onRotated });
}

/** Ends the rotation before, whose old key lives on. Resolves to its result where that does not end. */
async function endEarlier(
  ports: RotationPorts,
  key: RotatingKey,
  { connection, lock }: Omit<Doing, 'options'>,
): Promise<RotationResult | undefined> {
  const { previous } = key.record;
  if (!previous) return undefined;
  const ended = await beginFinish(ports, key, { previous, connection, lock });
  if (ended.state === 'done') return undefined;
  if (ended.state !== 'awaiting-revoke') return ended;
  // In its grace there is nothing to finish yet; the rotation that was asked for sees to it.
  const next = isPastGrace(key.record, ports.context.now())
    ? 'mcpkey rotate --finish'
    : typed`mcpkey rotate ${ended.ref}`;
  const error = new UserError('conflict', `The key before ${ended.ref} is not revoked yet (id ${previous.id}).`, {
    hint: `Revoke it in the dashboard, then: ${next}`,
  });
  return { ...ended, state: 'failed', newId: null, error };
}

/** Goes on with what was left of one key. Undefined where nothing is left any more. */
export async function resumeKey(
  ports: RotationPorts,
  key: RotatingKey,
  { onRotated }: Pick<RotationOptions, 'onRotated'> = {},
): Promise<RotationResult | undefined> {
  return guarded(key, () =>
    ports.claim(key.record, async (lock) => {
      const left = await leftOf(ports, key);
      return left && continueRotation(ports, left, { connection: await ports.connect(key.profile), lock, onRotated });
    }),
  );
}

/** Ends what is past its grace, or waits for a person. Undefined where nothing is to be ended any more. */
export async function finishKey(ports: RotationPorts, key: RotatingKey): Promise<RotationResult | undefined> {
  return guarded(key, () =>
    ports.claim(key.record, async (lock) => {
      const connection = await ports.connect(key.profile);
      const left = await leftOf(ports, key);
      if (left) return continueRotation(ports, left, { connection, lock });
      // The key itself may be revoked by now; the one before it may live all the same.
      const record = await ports.context.ledger.key(key.record.profile, key.record.name);
      const previous = record?.previous;
      return record && previous
        ? beginFinish(ports, { profile: key.profile, record }, { previous, connection, lock })
        : undefined;
    }),
  );
}

/** As the ledger has it now, under the lock. */
async function freshKey(ports: RotationPorts, { profile, record }: RotatingKey): Promise<RotatingKey> {
  const current = await ports.context.ledger.key(record.profile, record.name);
  const key = { profile, record: current ?? { ...record, status: 'revoked' as const } };
  checkRotatable(key);
  return key;
}

export function checkRotatable({ record }: RotatingKey): void {
  const ref = refOf(record);
  if (record.status === 'revoked') {
    const hint = typed`mcpkey create ${record.name} -p ${record.profile}`;
    throw new UserError('not_found', `${ref} was revoked.`, { hint });
  }
  if (record.secret === null) {
    const hint = typed`mcpkey import ${record.name} -p ${record.profile}`;
    throw new UserError('unsupported', `The secret of ${ref} is not stored here.`, { hint });
  }
}

export async function guarded<T>(key: RotatingKey, work: () => Promise<T>): Promise<T | RotationResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...emptyResult(key, 'failed'), error };
  }
}

export const emptyResult = ({ record }: RotatingKey, state: RotationState): RotationResult => ({
  ...BLANK,
  ref: refOf(record),
  oldId: record.id,
  state,
});

/** A key that was being made, not replaced, and of which nothing is known still. */
export const unsettledResult = ({ ref, error }: { ref: string; error: UserError }): RotationResult => ({
  ...BLANK,
  ref,
  oldId: '',
  state: 'resumable',
  error,
});

const BLANK = {
  newId: null,
  error: null,
  revokeAt: null,
  provedAt: null,
  oldRefusedAt: null,
  warnings: [],
  placements: [],
};
