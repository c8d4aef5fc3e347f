/** Takes a key back: revoked at the service, seen refused, taken out of every file, forgotten here. */
import type { Connection, Context } from '../context.ts';
import { type ErrorDocument, UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { RemoteRef } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { typed } from '../typed.ts';
import { answersAnyone, awaitRefusal } from './check.ts';
import { readUnlessDamaged } from './damaged.ts';
import type { FoundKey } from './find.ts';
import { type ForgetOptions, forgetKey } from './forget.ts';
import { isInGap } from './gap.ts';
import type { Guide } from './guide.ts';

export interface RevokeTarget extends RemoteRef {
  /** What is known here; undefined for a key made elsewhere. */
  readonly record: KeyRecord | undefined;
}

/** The document of `revoke`. */
export interface RevokeRow {
  readonly ref: string;
  readonly id: string;
  /** `revoked`: seen refused, or so before. `forgotten`: here alone, and the service was not asked. */
  readonly state: 'revoked' | 'forgotten' | 'failed';
  readonly error: ErrorDocument | null;
}

/** One in the gap of its rotation is revoked there; here it waits for a new one. */
export const isToDo = ({ document, record }: Pick<FoundKey, 'document' | 'record'>): boolean =>
  document.status !== 'revoked' || (record !== undefined && isInGap(record));

/**
 * Throws what the service says; `unsupported` where only a person can revoke and nobody is there and the key is still
 * accepted; `partial` where the service said yes but still accepts the key after a minute
 * (`--max-wait`), or that could not be seen. Then nothing is forgotten.
 */
export async function revokeKey(
  context: Context,
  connection: Connection,
  target: RevokeTarget,
  options: ForgetOptions,
  guide: Guide,
): Promise<void> {
  const { record } = target;
  if (record?.status === 'revoked' && !isInGap(record)) return;
  const value = record?.secret ? await readWhole(context, record.profile, record.secret) : undefined;
  const refusedAt = await revokeAtService(context, connection, target, value, guide);
  if (record) await revokeBefore(context, connection, record, guide);
  if (record) await forgetKey(context, record, options);
  await context.ledger.record({
    command: 'revoke',
    ref: `${connection.profile.name}/${target.name}`,
    oldId: target.id,
    oldRefusedAt: refusedAt ?? null,
    outcome: 'done',
  });
}

/** With one that is damaged nothing can be tried. */
async function readWhole(context: Context, profile: string, record: string): Promise<Secret | undefined> {
  const found = await readUnlessDamaged(context, profile, record);
  return found instanceof UserError ? undefined : found;
}

/** After a rotation the key before may still live for a while: it goes with its successor. */
async function revokeBefore(context: Context, connection: Connection, record: KeyRecord, guide: Guide): Promise<void> {
  const { previous } = record;
  if (!previous) return;
  const value = previous.secret ? await readWhole(context, record.profile, previous.secret) : undefined;
  const label = previous.label ?? previous.id;
  const target = { id: previous.id, label, name: record.name, record: undefined };
  if (previous.id !== record.id) await revokeAtService(context, connection, target, value, guide);
  await context.ledger.update(record.profile, record.name, (current) => ({ ...current, previous: null }));
  if (previous.secret) await context.vault.forget(record.profile, previous.secret);
}

async function revokeAtService(
  context: Context,
  connection: Connection,
  target: RevokeTarget,
  value: Secret | undefined,
  guide: Guide,
): Promise<string | undefined> {
  const operation = connection.provider.operations.revoke;
  if (operation.mode === 'unsupported') {
    throw new UserError('unsupported', operation.reason, { provider: connection.provider.id });
  }
  if (operation.mode === 'assisted') return revokeByHand(context, connection, target, value, guide);
  const failure = await operation.run(connection.call, target).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) return value && (await seeRefused(context, connection, target, value));
  // Revoked before, by someone else: the service calls that a failure, but the key itself tells.
  if (!(failure instanceof UserError) || !['refused', 'not_found', 'conflict'].includes(failure.code) || !value)
    throw failure;
  const refusedAt = await awaitRefusal(context, connection, value, { once: true });
  if (refusedAt === undefined) throw failure;
  return refusedAt;
}

async function seeRefused(
  context: Context,
  connection: Connection,
  target: RevokeTarget,
  value: Secret,
): Promise<string> {
  const { title, id, operations } = connection.provider;
  const ref = `${connection.profile.name}/${target.name}`;
  const done = operations.revoke.mode === 'api' ? `${title} says that ${ref} is revoked` : `${ref} was to be revoked`;
  const later = typed`mcpkey verify ${ref}   and once it is refused: mcpkey revoke ${ref}`;
  const unseen = (what: string, { hint = later, cause }: { hint?: string; cause?: unknown } = {}) =>
    new UserError('partial', `${done}, but ${what}`, { provider: id, hint, cause });
  try {
    const refusedAt = await awaitRefusal(context, connection, value);
    if (refusedAt) return refusedAt;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw unseen(`whether its endpoint refuses it could not be seen: ${error.message}`, { cause: error });
  }
  if (!(await answersAnyone(context, connection))) throw unseen('its endpoint still accepts it.');
  throw unseen('its endpoint answers without any key, so that proves nothing.', {
    hint: typed`Look at the keys in the service itself, then forget it here: mcpkey revoke ${ref} --forget`,
  });
}

async function revokeByHand(
  context: Context,
  connection: Connection,
  target: RevokeTarget,
  value: Secret | undefined,
  guide: Guide,
): Promise<string | undefined> {
  const operation = connection.provider.operations.revoke;
  if (operation.mode !== 'assisted') return undefined;
  const ref = `${connection.profile.name}/${target.name}`;
  const steps = operation.guide(target);
  const heading = `Revoke the key "${target.name}" at ${connection.provider.title}`;
  if (!value) {
    await guide.show(heading, steps);
    throw new UserError(
      'unsupported',
      `The secret of ${ref} is not stored here, so whether it was revoked cannot be seen.`,
    );
  }
  const before = await awaitRefusal(context, connection, value, { once: true }).catch(async (error: unknown) => {
    if (error instanceof UserError) await guide.show(heading, steps);
    throw error;
  });
  if (before) return before;
  await guide.show(heading, steps);
  if (!guide.attended) {
    throw new UserError(
      'unsupported',
      `Only a person can revoke ${ref} at ${connection.provider.title}; it is still accepted.`,
      {
        provider: connection.provider.id,
        hint: typed`Do the steps above, then: mcpkey revoke ${ref}`,
      },
    );
  }
  guide.note('Waiting until the key is refused (up to a minute)…');
  return seeRefused(context, connection, target, value);
}
