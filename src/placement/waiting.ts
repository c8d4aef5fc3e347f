/** Which keys another machine rotated, while files or hooks of this one still have the secret of before. */
import type { Context } from '../context.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { ownPlacements } from '../shared/placements.ts';

type Parts = Pick<Context, 'paths' | 'locks' | 'ledger'>;

/** Where the key itself is; the other modes ask for it when they need it. */
export const holdsKey = ({ mode }: Pick<Placement, 'mode'>): boolean => mode === 'plain';

/** Keys that this machine placed in the clear, with another secret than they have now; without a shared store none. */
export async function waitingForSync(context: Parts): Promise<readonly KeyRecord[]> {
  const own = ownPlacements(context.paths.ledger, context.locks);
  const found: KeyRecord[] = [];
  for (const record of await context.ledger.keys()) {
    if (record.secret === null || record.status === 'revoked') continue;
    const { placements, secret } = await own.read(record);
    if (placements.some(holdsKey) && secret !== record.secret) found.push(record);
  }
  return found;
}
