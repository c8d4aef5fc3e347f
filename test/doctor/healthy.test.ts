import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clinic, openClinic, wrong } from './clinic.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic();
}, 60_000);
afterAll(() => clinic.close());

test('a healthy machine has no finding', { timeout: 60_000 }, async () => {
  const rows = await clinic.doctor();
  expect(wrong(rows)).toEqual([]);
});
