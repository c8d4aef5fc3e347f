/** Each fault alone: the right check finds it, and its remedy, run as it was printed, mends it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clinic, openClinic, wrong } from './clinic.ts';
import { mend } from './remedies.ts';
import { SEEDS } from './seeds.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
}, 60_000);
afterAll(() => clinic.close());

test('there is nothing to find on a healthy machine', { timeout: 30_000 }, async () => {
  expect(wrong(await clinic.doctor())).toEqual([]);
});

describe('one fault', () => {
  test.each(SEEDS)('$name', { timeout: 60_000 }, async (seed) => {
    await seed.plant(clinic);
    const rows = wrong(await clinic.doctor(seed.args));
    const [id, subject] = seed.finds;
    const found = rows.find((row) => row.id === id && row.subject === subject);
    expect(found, JSON.stringify(rows, null, 2)).toMatchObject({ state: seed.state ?? 'error' });
    if (seed.seen) expect(found?.seen).toMatch(seed.seen);
    expect(found?.fix).not.toBeNull();
    await mend(clinic, rows, [seed]);
    await seed.after?.(clinic);
    expect(wrong(await clinic.doctor(seed.args)), JSON.stringify(rows, null, 2)).toEqual([]);
  });
});
