/** A kept key beside what its service lists of it. */
import type { RemoteKey } from '../../providers/types.ts';
import type { KeyAtHand } from '../subjects.ts';
import type { Scope } from '../types.ts';

/** Undefined where the service does not list it, or could not be asked. */
export async function remoteOf({ record, profile }: KeyAtHand, scope: Scope): Promise<RemoteKey | undefined> {
  if (record.assisted) return undefined;
  const list = await scope.remote(profile);
  return 'keys' in list ? list.keys.find(({ id }) => id === record.id) : undefined;
}
