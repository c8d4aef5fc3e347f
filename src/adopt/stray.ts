/** Keys that are kept here and still stand in a client's file, where no entry of it tells: in a comment, say. */
import type { Client } from '../clients/types.ts';
import { linesWith } from '../placement/remnants.ts';
import type { Search } from './find.ts';
import { isTelling } from './telling.ts';

export interface Stray {
  readonly client: Client;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly ref: string;
}

/** Not what an entry holds: that is found there, or was placed so. Each line once. */
export function straysIn(
  { read, findings }: Pick<Search, 'read' | 'findings'>,
  kept: readonly { readonly ref: string; readonly value: string }[],
): readonly Stray[] {
  const strays = new Map<string, Stray>();
  for (const { client, path, bytes, plain } of read) {
    const known = new Set(findings.filter((one) => one.path === path).map(({ value }) => value.reveal()));
    for (const { ref, value } of kept) {
      if (!isTelling(value) || known.has(value) || plain.includes(ref) || !bytes.includes(value)) continue;
      for (const line of linesWith(bytes.toString('utf8'), value))
        strays.set(`${path}:${line}`, { client, path, line, ref });
    }
  }
  return [...strays.values()];
}
