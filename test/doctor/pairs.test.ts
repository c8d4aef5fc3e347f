/**
 * Sixty random pairs of faults. The seed stands in the names: `MCPKEY_TEST_SEED=… npx vitest run test/doctor/pairs.test.ts`.
 * All of them with `MCPKEY_TEST_PAIRS=all`, as `npm run torture` does.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Clinic, openClinic } from './clinic.ts';
import { mendPair, PAIRS, type Pair } from './pairs.ts';

const COUNT = process.env.MCPKEY_TEST_PAIRS === 'all' ? PAIRS.length : 60;
/** The same pairs each time, so that a change is judged by what it did; `MCPKEY_TEST_SEED=random` draws others. */
const USUAL = 1_023_085_274;
const asked = process.env.MCPKEY_TEST_SEED;
const seed = asked === 'random' ? randomInt(2 ** 31) : Number(asked ?? USUAL);

/** mulberry32. */
function random(state: number): () => number {
  let now = state;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function chosen(): readonly Pair[] {
  const next = random(seed);
  const pool = PAIRS.map((pair) => ({ pair, at: next() }));
  return pool
    .sort((one, other) => one.at - other.at)
    .slice(0, COUNT)
    .map(({ pair }) => pair);
}

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
}, 60_000);
afterAll(() => clinic.close());

describe(`two faults at once (MCPKEY_TEST_SEED=${seed})`, () => {
  const pairs = chosen().map((pair) => ({ name: pair.map(({ name }) => name).join(' + '), pair }));
  test.each(pairs)('$name', { timeout: 90_000 }, ({ pair }) => mendPair(clinic, pair));
});
