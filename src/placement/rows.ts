/** The rows of a report, and the diffs in them. */

import type { EntryPlace } from '../clients/formats/index.ts';
import type { Client } from '../clients/types.ts';
import type { Placement } from '../ledger.ts';
import { unifiedDiff } from './diff.ts';
import { createMask } from './masking.ts';
import type { PlacementChange } from './types.ts';

export async function maskedDiff(
  place: EntryPlace,
  before: Buffer | undefined,
  after: Buffer | undefined,
): Promise<string> {
  const mask = createMask();
  const old = before && (await mask(before, place));
  const fresh = after && (await mask(after, place));
  return unifiedDiff(place.path, old, fresh);
}

export const rowOf = (
  { path, server, mode }: Pick<Placement, 'path' | 'server' | 'mode'>,
  client: Pick<Client, 'id' | 'reload'>,
  result: { changed: boolean; diff: string },
): PlacementChange => ({ client: client.id, path, server, mode, ...result, reload: client.reload });
