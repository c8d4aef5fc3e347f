/** Which keys end soon. */
import type { KeyRecord } from '../ledger.ts';
import { refOf } from './refs.ts';

const DAY = 86_400_000;
/** Milliseconds before its end from which a key is spoken of: early enough to act on. */
export const SOON = 14 * DAY;

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
