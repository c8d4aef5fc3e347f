/** What of the keys kept here needs someone: what ends soon, what waits to be done by hand. */
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';

const SOON = 14 * 86_400_000;

export interface Ending {
  readonly ref: string;
  readonly expiresAt: string;
}

/** Active keys that end within 14 days, the first to end first. `now` in milliseconds. */
export function endingSoon(keys: readonly KeyRecord[], now: number): Ending[] {
  return keys
    .filter(({ status }) => status === 'active')
    .flatMap((key) => (key.expiresAt === null ? [] : [{ ref: refOf(key), expiresAt: key.expiresAt }]))
    .filter(({ expiresAt }) => Date.parse(expiresAt) - now < SOON)
    .sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt));
}

/** Refs of keys whose old value a person has to revoke. */
export function toRevokeByHand(keys: readonly KeyRecord[]): string[] {
  return keys.filter(({ previous }) => previous !== null && previous.revokeAt === null).map(refOf);
}
