/** Lets go of a key here: its entries, its record's secret. What the service has of it is not touched. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import { refOf } from './refs.ts';

type Parts = Pick<Context, 'ledger' | 'vault'>;

export interface ForgetOptions {
  readonly keepPlacements: boolean;
  /** Takes the key's entries out of the clients' files; given by the command, which knows the placement engine. */
  readonly unplace: (record: KeyRecord) => Promise<void>;
}

/**
 * After a revocation: the record stays, so that a further one is no error. Throws `conflict` where the record is of
 * another key by now: that one was not revoked.
 */
export async function forgetKey(context: Parts, record: KeyRecord, options: ForgetOptions): Promise<void> {
  const known = await context.ledger.key(record.profile, record.name);
  if (known) expectSame(known, record);
  if (!options.keepPlacements && record.placements.length > 0) await options.unplace(record);
  await context.ledger.update(record.profile, record.name, (current) => {
    expectSame(current, record);
    return { ...current, status: 'revoked', secret: null };
  });
  if (record.secret) await context.vault.forget(record.profile, record.secret);
}

function expectSame(current: KeyRecord, record: KeyRecord): void {
  if (current.secret === record.secret) return;
  throw new UserError('conflict', `${refOf(record)} became another key here while the one before was revoked.`, {
    hint: 'mcpkey list --local',
  });
}

/**
 * Without the service, where its word cannot be had or cannot be seen: the record goes too, and the key before with it.
 * What of them lives there is told by `list`, and by nothing of ours.
 */
export async function dropKey(context: Parts, record: KeyRecord, options: ForgetOptions): Promise<void> {
  if (!options.keepPlacements && record.placements.length > 0) await options.unplace(record);
  await context.ledger.remove(record.profile, record.name);
  for (const secret of [record.secret, record.previous?.secret]) {
    if (secret) await context.vault.forget(record.profile, secret);
  }
  await context.ledger.record({ command: 'forget', ref: refOf(record), oldId: record.id });
}
