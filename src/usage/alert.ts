/** Days on which a service was called far more than usual: a stolen key, or a loop. */
import { UserError } from '../errors.ts';
import type { Day } from './figures.ts';

export interface Alert {
  /** `2026-11-20`. */
  readonly date: string;
  readonly calls: number;
  /** Calls of a usual day. */
  readonly usual: number;
}

/** `--alert FACTOR`: more than 1. Throws `usage`. */
export function readFactor(text: string): number {
  const factor = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (factor > 1) return factor;
  throw new UserError('usage', `"${text}" is no factor for --alert: it says how many times the usual is too much.`, {
    hint: '--alert 3',
  });
}

/**
 * The days with at least `factor` times as many calls as usual. The usual is the median of all other days that had
 * calls, so that weekends do not lower it; where there is none, one call a day.
 */
export function findAlerts(days: readonly Day[], factor: number): readonly Alert[] {
  return days.flatMap(({ date, calls }) => {
    const usual = median(days.filter((day) => day.date !== date && day.calls > 0).map((day) => day.calls)) ?? 1;
    return calls >= factor * usual ? [{ date, calls, usual }] : [];
  });
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half];
  const lower = sorted[half - 1];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}
