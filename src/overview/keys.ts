/** What of the keys kept here waits to be done by hand. */
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';

/** Refs of keys whose old value a person has to revoke. */
export function toRevokeByHand(keys: readonly KeyRecord[]): string[] {
  return keys.filter(({ previous }) => previous !== null && previous.revokeAt === null).map(refOf);
}
