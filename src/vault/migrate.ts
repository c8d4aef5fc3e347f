import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import { sharesKeys } from '../stores/index.ts';
import { roundTrip } from '../stores/roundtrip.ts';

export interface Migration {
  /** Stores that something was moved from. */
  readonly from: readonly string[];
  readonly moved: number;
  readonly failed: readonly { readonly profile: string; readonly error: UserError }[];
}

type Parts = Pick<Context, 'vault' | 'signal'>;

/**
 * The records of keys whose secrets are in `store` go there as well, or come back, where a store that keeps records is
 * part of it. Records go only to the store in use: the ledger would not look for them in another one.
 */
export async function settleRecords(context: Context, store: string): Promise<void> {
  const current = await context.vault.currentStore();
  const shares = (each: string) => sharesKeys(each, context.vault.ports(each));
  if (!shares(current) || (store !== current && shares(store))) return;
  await (await import('../shared/moving.ts')).settleRecords(context, store);
}

/**
 * Moves every secret to a store, one after another; one that fails stays where it is and stops no other. Throws before
 * the first where the new store does not work. `progress` is told how many are done, of how many.
 */
export async function migrateSecrets(
  context: Parts,
  to: string,
  progress: (done: number, all: number) => void,
): Promise<Migration> {
  const kind = await context.vault.kind(to);
  if (kind.readOnly) {
    throw new UserError('usage', `The store "${to}" is read only.`, { hint: 'mcpkey store migrate --to keychain' });
  }
  await roundTrip(kind.open(context.vault.ports(to)));
  const secrets = await context.vault.index();
  const from = new Set<string>();
  const failed: { profile: string; error: UserError }[] = [];
  let moved = 0;
  for (const [index, { profile, record, store }] of secrets.entries()) {
    if (context.signal.aborted) throw new Cancelled();
    try {
      if (await context.vault.move(profile, record, to)) {
        moved += 1;
        from.add(store);
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failed.push({ profile, error });
    }
    progress(index + 1, secrets.length);
  }
  return { from: [...from], moved, failed };
}
