/** A service's usage figures for one profile. */
import type { Connection } from '../context.ts';
import { UserError } from '../errors.ts';
import type { AssistedSteps, UsageInput, UsageReport } from '../providers/types.ts';

/** The document of `usage --json`. */
export interface UsageDocument extends UsageReport {
  readonly profile: string;
}

export type Usage = { readonly document: UsageDocument } | { readonly steps: AssistedSteps };

/** The figures, or where a person finds them. Throws `unsupported`, `usage` (days outside what the service has). */
export async function readUsage({ profile, provider, call }: Connection, input: UsageInput): Promise<Usage> {
  const operation = provider.operations.usage;
  if (operation.mode === 'unsupported') {
    throw new UserError('unsupported', operation.reason, { provider: provider.id, hint: provider.manifest.docs });
  }
  if (operation.mode === 'assisted') return { steps: operation.guide(input) };
  return { document: { profile: profile.name, ...(await operation.run(call, input)) } };
}

const DAY = 86_400_000;

/** One entry a day for the last `days` days, today included: days that the service leaves out had no calls. */
export function everyDay(report: UsageReport, now: number): UsageReport['daily'] {
  const known = new Map(report.daily.map((day) => [day.date, day]));
  const dates = Array.from({ length: report.days }, (_, ago) => new Date(now - ago * DAY).toISOString().slice(0, 10));
  const missing = dates.filter((date) => !known.has(date)).map((date) => ({ date, calls: 0, records: null }));
  return [...report.daily, ...missing].sort((one, other) => one.date.localeCompare(other.date)).slice(-report.days);
}
