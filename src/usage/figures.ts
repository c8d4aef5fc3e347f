/** A service's usage figures for one profile. */
import type { Connection } from '../context.ts';
import { UserError } from '../errors.ts';
import type { AssistedSteps, UsageInput, UsageReport } from '../providers/types.ts';
import { type Durations, durationsOf, failuresOf } from './calls.ts';

/** The document of `usage --json`. */
export interface UsageDocument extends Omit<UsageReport, 'calls'> {
  readonly profile: string;
  /** How many of `records` failed; null where that is not told. */
  readonly errors: number | null;
  /** How long the calls of `records` took, in ms; null where that is not told. */
  readonly durationMs: Durations | null;
}

export type Usage = { readonly report: UsageReport } | { readonly steps: AssistedSteps };

/** The figures, or where a person finds them. Throws `unsupported`, `usage` (days outside what the service has). */
export async function readUsage({ provider, call }: Connection, input: UsageInput): Promise<Usage> {
  const operation = provider.operations.usage;
  if (operation.mode === 'unsupported') {
    throw new UserError('unsupported', operation.reason, { provider: provider.id, hint: provider.manifest.docs });
  }
  if (operation.mode === 'assisted') return { steps: operation.guide(input) };
  return { report: await operation.run(call, input) };
}

export function usageDocument(profile: string, { calls, ...report }: UsageReport): UsageDocument {
  return { profile, ...report, errors: failuresOf(calls), durationMs: durationsOf(calls) };
}

export type Day = UsageReport['daily'][number];

const DAY = 86_400_000;

/** One entry a day for the last `days` days, today included: days that the service leaves out had no calls. */
export function everyDay(report: Pick<UsageReport, 'daily' | 'days'>, now: number): readonly Day[] {
  const known = new Map(report.daily.map((day) => [day.date, day]));
  const dates = Array.from({ length: report.days }, (_, ago) => new Date(now - ago * DAY).toISOString().slice(0, 10));
  const missing = dates.filter((date) => !known.has(date)).map((date) => ({ date, calls: 0, records: null }));
  return [...report.daily, ...missing].sort((one, other) => one.date.localeCompare(other.date)).slice(-report.days);
}

/** The day of a call where this machine and the service have one zone, as with `local-datetime`. */
export function localDay(time: string): string {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** The same by weeks that begin on a Monday, each called by that day. */
export function byWeek(days: readonly Day[]): readonly Day[] {
  const weeks = new Map<string, Day>();
  for (const { date, calls, records } of days) {
    const at = new Date(`${date}T00:00:00Z`);
    const monday = new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY).toISOString().slice(0, 10);
    const sum = weeks.get(monday) ?? { date: monday, calls: 0, records: null };
    const both = records === null ? sum.records : (sum.records ?? 0) + records;
    weeks.set(monday, { date: monday, calls: sum.calls + calls, records: both });
  }
  return [...weeks.values()];
}
