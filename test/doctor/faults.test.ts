/** Each fault alone: the right check finds it, and its remedy, run as it was printed, mends it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clinic, isCommand, openClinic, type Row, wrong } from './clinic.ts';
import { mend } from './remedies.ts';
import { SEEDS, type Seed } from './seeds.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
}, 60_000);
afterAll(() => clinic.close());

test('there is nothing to find on a healthy machine', { timeout: 30_000 }, async () => {
  expect(wrong(await clinic.doctor())).toEqual([]);
});

test('most faults are mended by a command that is printed', () => {
  expect(SEEDS.filter(({ heal }) => heal === undefined).length).toBeGreaterThanOrEqual(40);
});

/** What is still said of it is something else: that a dead key stands there, for one. */
async function mendRest(clinic: Clinic, { args, finds: [id, subject] }: Seed, found: Row | undefined): Promise<void> {
  const left = wrong(await clinic.doctor(args));
  expect(left.filter((row) => row.id === id && row.subject === subject && row.seen === found?.seen)).toEqual([]);
  await mend(clinic, left, []);
}

describe('one fault', () => {
  test.each(SEEDS)('$name', { timeout: 60_000 }, async (seed) => {
    await seed.plant(clinic);
    const rows = wrong(await clinic.doctor(seed.args));
    const [id, subject] = seed.finds;
    const found = rows.find((row) => row.id === id && row.subject === subject);
    expect(found, JSON.stringify(rows, null, 2)).toMatchObject({ state: seed.state ?? 'error' });
    if (seed.seen) expect(found?.seen).toMatch(seed.seen);
    const fix = found?.fix ?? '';
    if (seed.heal) {
      expect(fix).not.toBe('');
      await mend(clinic, rows, [seed]);
    } else {
      // Its own remedy alone, as it was printed; what else came of the fault may want its own.
      expect(fix).toSatisfy(isCommand);
      const { code, stderr } = await clinic.shell(fix);
      expect(code, `${fix}\n${stderr}`).toBe(0);
      if (rows.length > 1) await mendRest(clinic, seed, found);
    }
    await seed.after?.(clinic);
    expect(wrong(await clinic.doctor(seed.args)), JSON.stringify(rows, null, 2)).toEqual([]);
  });
});
