/** Two faults at once: looked at and mended until nothing is left, with both found on the way. */
import { expect } from 'vitest';
import { type Clinic, type Row, wrong } from './clinic.ts';
import { mend } from './remedies.ts';
import { SEEDS, type Seed } from './seeds.ts';

export type Pair = readonly [Seed, Seed];

/** Neither undoes the other while it is planted, and both can be there at once. */
const fits = (one: Seed, other: Seed): boolean =>
  one !== other && !(one.apart ?? []).some((word) => (other.apart ?? []).includes(word));

/** Every pair that can be there at once, in one order. */
export const PAIRS: readonly Pair[] = SEEDS.flatMap((one, index) =>
  SEEDS.slice(index + 1).flatMap((other): Pair[] => (fits(one, other) ? [[one, other]] : [])),
);

const rank = ({ order }: Seed): number => (order === 'first' ? 0 : order === 'last' ? 2 : 1);

/** One hides the other at times: three rounds are enough for any two. */
const ROUNDS = 4;

export async function mendPair(clinic: Clinic, pair: Pair): Promise<void> {
  const byOrder = [...pair].sort((one, other) => rank(one) - rank(other));
  for (const seed of byOrder) await seed.plant(clinic);
  const args = pair.flatMap((seed) => seed.args ?? []);
  const found = new Map<string, Row>();
  let left: readonly Row[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    left = wrong(await clinic.doctor(args));
    for (const row of left) found.set(`${row.id} ${row.subject}`, row);
    if (left.length === 0) break;
    await mend(clinic, left, pair);
  }
  const seen = JSON.stringify([...found.values()], null, 2);
  expect([...found.keys()], seen).toEqual(expect.arrayContaining(pair.map(({ finds }) => finds.join(' '))));
  for (const seed of pair) await seed.after?.(clinic);
  const rest = left.length === 0 && !pair.some(({ after }) => after) ? [] : wrong(await clinic.doctor(args));
  expect(rest, seen).toEqual([]);
}
