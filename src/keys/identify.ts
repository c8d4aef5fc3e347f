/** Which of the service's keys one is that was taken in without its id: found in a file, or imported before a login. */
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import { awaitRefusal } from './check.ts';
import { readUnlessDamaged } from './damaged.ts';
import { findRemote } from './import.ts';

/** Whether the key is refused already: then it makes no difference which one it was. */
export async function isDead(context: Context, connection: Connection, record: KeyRecord): Promise<boolean> {
  const value = record.secret === null ? undefined : await readUnlessDamaged(context, record.profile, record.secret);
  if (!value || value instanceof UserError) return false;
  return (await awaitRefusal(context, connection, value, { once: true })) !== undefined;
}

/** The record with what the service lists, by the key's own beginning alone; as it is where that tells nothing. */
export async function identify(context: Context, connection: Connection, record: KeyRecord): Promise<KeyRecord> {
  const { provider } = connection;
  if (!record.assisted || record.secret === null || provider.operations.list.mode !== 'api') return record;
  const value = await readUnlessDamaged(context, record.profile, record.secret);
  if (!value || value instanceof UserError) return record;
  const found = await findRemote(context, connection, undefined, value);
  if (!found) return record;
  const { id, label, scopes, createdAt, expiresAt, metadata, allowedIps } = found;
  const facts = { id, label, scopes, createdAt, expiresAt, metadata, allowedIps, assisted: false };
  return context.ledger.update(record.profile, record.name, (current) =>
    current.id === record.id ? { ...current, ...facts } : current,
  );
}
