import type { KeyRecord } from '../ledger.ts';

/**
 * Revoked by its own rotation, which has no new key yet: its secret is kept until then. Whoever revokes a key lets go of
 * the secret.
 */
export const isInGap = ({ status, secret }: Pick<KeyRecord, 'status' | 'secret'>): boolean =>
  status === 'revoked' && secret !== null;
