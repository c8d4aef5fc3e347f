import { type Clinic, isCommand, type Row } from './clinic.ts';
import type { Seed } from './seeds.ts';

/** Runs what was printed, each line once; where a remedy is words, does what they say. */
export async function mend(clinic: Clinic, rows: readonly Row[], seeds: readonly Seed[]): Promise<void> {
  for (const seed of seeds) {
    const [id, subject] = seed.finds;
    if (rows.some((row) => row.id === id && row.subject === subject)) await seed.heal?.(clinic);
  }
  const lines = rows.flatMap(({ fix }) => (fix !== null && isCommand(fix) ? [fix] : []));
  for (const line of new Set(lines)) await clinic.shell(line);
}
