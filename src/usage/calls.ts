/** What single calls tell: how many failed, how long they took, tool by tool. */
import type { UsageCall, UsageReport } from '../providers/types.ts';

/** Milliseconds. */
export interface Durations {
  /** Half took at most so long. */
  readonly median: number;
  /** Of a hundred, 95 took at most so long. */
  readonly p95: number;
  readonly longest: number;
}

export interface ToolFigures {
  readonly name: string;
  readonly calls: number;
  /** Of the calls that are told one by one; null where none of this tool is. */
  readonly failed: number | null;
  readonly durations: Durations | null;
}

/** Null where no call says whether it failed. */
export function failuresOf(calls: readonly UsageCall[]): number | null {
  const told = calls.filter(({ failed }) => failed !== null);
  return told.length === 0 ? null : told.filter(({ failed }) => failed).length;
}

/** Null where no call says how long it took. */
export function durationsOf(calls: readonly UsageCall[]): Durations | null {
  const sorted = calls.flatMap(({ durationMs }) => durationMs ?? []).sort((one, other) => one - other);
  const longest = sorted.at(-1);
  if (longest === undefined) return null;
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? longest;
  return { median: at(0.5), p95: at(0.95), longest };
}

/** The tools as the service counts them, most calls first, with what their single calls tell. */
export function byTool(tools: UsageReport['tools'], calls: readonly UsageCall[]): readonly ToolFigures[] {
  const seen = group(calls);
  return tools
    .map(({ name, calls: count }) => {
      const own = seen.get(name) ?? [];
      return { name, calls: count, failed: failuresOf(own), durations: durationsOf(own) };
    })
    .sort((one, other) => other.calls - one.calls || one.name.localeCompare(other.name));
}

function group(calls: readonly UsageCall[]): Map<string | null, UsageCall[]> {
  const groups = new Map<string | null, UsageCall[]>();
  for (const call of calls) {
    const own = groups.get(call.tool);
    if (own === undefined) groups.set(call.tool, [call]);
    else own.push(call);
  }
  return groups;
}
