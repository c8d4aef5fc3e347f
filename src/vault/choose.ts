import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { roundTrip } from '../stores/roundtrip.ts';

type Parts = Pick<Context, 'vault' | 'profiles'>;

/**
 * Makes a store the one for new secrets: prepares it, proves that it works, and only then remembers the choice. `dir` is
 * absolute, for `age` alone. Throws `usage`, `conflict`, `store_unavailable`, `store_locked`.
 */
export async function chooseStore(context: Parts, id: string, dir: string | undefined): Promise<void> {
  const kind = await context.vault.kind(id);
  if (dir !== undefined) await checkFolder(context, id, dir);
  const ports = { ...context.vault.ports(id), ...(dir === undefined ? {} : { dir }) };
  await kind.prepare?.(ports, { dir });
  if (!kind.readOnly) await roundTrip(kind.open(ports));
  if (dir !== undefined) await context.profiles.setPreference('ageDir', dir);
  await context.profiles.setPreference('store', id);
}

/** Secrets in a folder that is no longer looked at would be lost. */
async function checkFolder(context: Parts, id: string, dir: string): Promise<void> {
  if (id !== 'age') {
    throw new UserError('usage', `--dir is for the store "age", not "${id}".`, { hint: `mcpkey store use ${id}` });
  }
  const before = context.profiles.preference('ageDir');
  if (before === undefined || before === dir) return;
  const kept = (await context.vault.index()).some((entry) => entry.store === 'age' && entry.record !== 'login');
  if (!kept) return;
  throw new UserError('conflict', `The store "age" holds secrets in ${before}.`, {
    hint: 'Move them first: mcpkey store migrate --to keychain',
  });
}
