import { randomBytes } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { SecretStore } from './types.ts';

/**
 * Writes, reads back and deletes a value that is no secret: the only proof that a store works. Throws as the store does.
 * `length` in characters, where a long one is to be tried: a login is longer than a key.
 */
export async function roundTrip(store: SecretStore, length = 0): Promise<void> {
  const id = `probe/probe/${randomBytes(8).toString('hex')}`;
  const value = `probe ${id}`.padEnd(length, '.');
  await store.set(id, value);
  const seen = await store.get(id);
  await store.delete(id);
  if (seen === value) return;
  throw new UserError('store_unavailable', 'The store did not give back what was written to it.', {
    hint: 'mcpkey store status   or choose another store: --store age',
  });
}
