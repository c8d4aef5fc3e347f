/** What a placement made besides its entry, so that taking it out leaves the bytes and the folders of before. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeyPath } from '../clients/formats/index.ts';
import type { Placement } from '../ledger.ts';

type MadeThings = Placement['made'];

/** What two puts into one file made together. The outermost thing made tells where the interior was. */
export function mergeMade(one: MadeThings, other: MadeThings): MadeThings {
  const key = (table: KeyPath) => JSON.stringify(table);
  const known = new Set(one.tables.map(key));
  const tables = [...one.tables, ...other.tables.filter((table) => !known.has(key(table)))];
  const depth = ({ tables: list, interior }: MadeThings) =>
    interior === undefined ? Number.POSITIVE_INFINITY : Math.min(...list.map((table) => table.length), 1_000);
  const interior = depth(other) < depth(one) ? other.interior : (one.interior ?? other.interior);
  const folders = [...(one.folders ?? []), ...(other.folders ?? [])];
  return {
    file: one.file || other.file,
    tables,
    ...(interior === undefined ? {} : { interior }),
    ...(folders.length === 0 ? {} : { folders: [...new Set(folders)] }),
  };
}

/** The folders above a file that are not there, outermost first. */
export function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  return missing;
}
