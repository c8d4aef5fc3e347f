/** Opens the journal of a rotation, or one that was left, and carries it on. */
import type { Connection } from '../context.ts';
import { UserError } from '../errors.ts';
import { newMark } from '../keys/mark.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, PreviousKey } from '../ledger.ts';
import { ownIdentity } from '../system/process.ts';
import type { HeldLock } from '../system/types.ts';
import { typed } from '../typed.ts';
import { newSecretRecord } from '../vault.ts';
import type { LeftRotation, RotationJournal } from './journal.ts';
import type { RotationPlan } from './plan.ts';
import { openProgress, type Planned, type Progress } from './records.ts';
import { carry } from './run.ts';
import type { RotatingKey, RotationPorts, RotationResult } from './types.ts';
import { record, timeNow, type Work } from './work.ts';

/** Under the key's lock. Throws the store's errors before anything is asked of the service. */
export async function beginRotation(
  ports: RotationPorts,
  { record: key }: RotatingKey,
  {
    plan,
    connection,
    lock,
    onRotated,
  }: { plan: RotationPlan; connection: Connection; lock: HeldLock; onRotated?: string | undefined },
): Promise<RotationResult> {
  await ports.ready();
  const old = { id: key.id, label: key.label, secret: key.secret, expiresAt: key.expiresAt, assisted: key.assisted };
  const planned = await firstRecord(ports, key, { plan, old, onRotated: onRotated ?? null, from: 'start' });
  return carry(newWork(ports, connection, lock, { planned, journal: await ports.journals.begin(planned) }));
}

/** Revokes a key that has outlived its grace, and sees it refused. */
export async function beginFinish(
  ports: RotationPorts,
  { record: key }: RotatingKey,
  { previous, connection, lock }: { previous: PreviousKey; connection: Connection; lock: HeldLock },
): Promise<RotationResult> {
  const { revoke } = connection.provider.operations;
  const retiring = previous.lapses ? 'service' : revoke.mode === 'api' ? 'api' : 'hand';
  const plan: RotationPlan = { making: 'hand', order: 'create-first', grace: 0, retiring };
  const { id, label, secret } = previous;
  const old = { id, label: label ?? id, secret, expiresAt: null, assisted: key.assisted };
  const planned = await firstRecord(ports, key, { plan, old, onRotated: null, from: 'promoted' });
  const journal = await ports.journals.begin(planned);
  return carry(newWork(ports, connection, lock, { planned, journal, currentId: key.id }));
}

async function firstRecord(
  { context }: RotationPorts,
  key: KeyRecord,
  given: Pick<Planned, 'plan' | 'old' | 'onRotated' | 'from'>,
): Promise<Planned> {
  const { profile, name, provider } = key;
  const attempt = { mark: newMark(), secret: newSecretRecord() };
  const worker = await ownIdentity();
  const { host, cwd } = context;
  const where = given.onRotated === null ? { host } : { host, dir: cwd };
  return { step: 'planned', at: timeNow({ context }), profile, name, provider, ...where, worker, ...attempt, ...given };
}

function newWork(
  ports: RotationPorts,
  connection: Connection,
  lock: HeldLock,
  { planned, journal, currentId }: { planned: Planned; journal: RotationJournal; currentId?: string },
): Work {
  return {
    ports,
    context: ports.context,
    connection,
    journal,
    lock,
    resumed: false,
    unsettled: false,
    ref: refOf(planned),
    currentId: currentId ?? null,
    progress: openProgress(planned),
    noted: [],
    fresh: undefined,
    warnings: [],
    placements: [],
  };
}

/**
 * Goes on with what a crash or a failure left. Under the key's lock. `onRotated` replaces the command it was begun with;
 * throws `conflict` where that has been run.
 */
export async function continueRotation(
  ports: RotationPorts,
  left: LeftRotation,
  { connection, lock, onRotated }: { connection: Connection; lock: HeldLock; onRotated?: string | undefined },
): Promise<RotationResult> {
  if (onRotated !== undefined && (left.progress.hooked || left.progress.rejected)) throw tooLate(left);
  const { planned } = left.progress;
  const known = await ports.context.ledger.key(planned.profile, planned.name);
  const journal = await ports.journals.reopen(left);
  const fresh = newWork(ports, connection, lock, { planned, journal });
  const work: Work = {
    ...fresh,
    resumed: true,
    progress: left.progress,
    unsettled: mayBeUnsettled(left.progress),
    currentId: planned.from === 'promoted' ? (known?.id ?? null) : null,
  };
  const { host, cwd: dir } = ports.context;
  const handing = onRotated === undefined ? {} : { handing: { onRotated, host, dir } };
  await record(work, { step: 'resumed', at: timeNow(work), worker: await ownIdentity(), ...handing });
  return carry(work);
}

function tooLate({ progress: { planned } }: LeftRotation): UserError {
  const ref = refOf(planned);
  return new UserError('conflict', `The rotation of ${ref} is past the point where a command gets the new key.`, {
    hint: typed`mcpkey rotate ${ref} --resume`,
  });
}

/** The request for a new key may have been sent. */
function mayBeUnsettled({ planned, created, promoted, retired, rejected }: Progress): boolean {
  const begun = planned.plan.order === 'create-first' || retired !== undefined;
  return planned.plan.making !== 'hand' && begun && !created && !promoted && !rejected;
}
