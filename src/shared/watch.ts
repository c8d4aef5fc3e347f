/** How a long-lived process learns that another machine rotated its key. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';

/** Milliseconds between two looks at the store. */
const INTERVAL = 5_000;
/** A request waits so long for a look; then it goes on with what is known. */
const PATIENCE = 1_000;

/** A look at the shared store, at most every 5 s, which changes the key's generation file where the key is another. */
export function watchShared(
  { ledger, shared, now }: Pick<Context, 'ledger' | 'shared' | 'now'>,
  { profile, name }: Pick<KeyRecord, 'profile' | 'name'>,
): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last < INTERVAL || !(await shared())) return;
    last = now();
    await Promise.race([ledger.key(profile, name).catch(ignoreStoreFault), sleep(PATIENCE, undefined, { ref: false })]);
  };
}

/** A store that is away for a while must not end a connection that works. */
function ignoreStoreFault(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
  return undefined;
}
