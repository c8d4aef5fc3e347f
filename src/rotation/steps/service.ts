/** What the steps ask of a service: which keys it has by a mark, and that a key be gone. */
import type { Connection } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { RemoteKey, RemoteRef } from '../../providers/types.ts';

/** What a listing says of an attempt, in one walk over its pages. */
export interface Survey {
  /** Keys that live and fit. */
  readonly found: readonly RemoteKey[];
  /** The old key, where it is listed. */
  readonly old: RemoteKey | undefined;
}

/** Undefined where the service cannot be asked. */
export async function survey(
  connection: Connection,
  oldId: string,
  fits: (key: RemoteKey, mark: string | undefined) => boolean,
): Promise<Survey | undefined> {
  const { provider, call } = connection;
  const { list } = provider.operations;
  if (list.mode !== 'api') return undefined;
  const found: RemoteKey[] = [];
  let old: RemoteKey | undefined;
  for await (const page of await list.run(call, undefined)) {
    for (const key of page) {
      if (key.id === oldId) old = key;
      const mark = key.mark ?? provider.readLabel(key.label).mark;
      if (key.status !== 'revoked' && fits(key, mark)) found.push(key);
    }
  }
  return { found, old };
}

/** Codes by which services say that a key is gone already. */
const GONE: ReadonlySet<string> = new Set(['not_found', 'refused', 'conflict']);

/** Revokes a key that nobody uses. Gone already is as good. Throws where it may still be there. */
export async function revokeUnused(connection: Connection, key: RemoteRef): Promise<void> {
  const { provider, call } = connection;
  const { revoke } = provider.operations;
  if (revoke.mode !== 'api') throw new UserError('unsupported', `${provider.title} has no API to revoke keys.`);
  try {
    await revoke.run(call, key);
  } catch (error) {
    if (!(error instanceof UserError) || !GONE.has(error.code)) throw error;
    // It says no: is it gone? A list that still has it means that the service refused.
    const left = await survey(connection, key.id, () => false);
    if (left?.old && left.old.status !== 'revoked') throw error;
  }
}
