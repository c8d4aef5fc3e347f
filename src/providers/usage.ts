/** Reads a service's usage figures. */
import { UserError } from '../errors.ts';
import { inMilliseconds } from './lifetimes.ts';
import type { TimeField, UsageHistory, UsageOperation } from './manifest-http.ts';
import { type Binding, exchange, placeOf } from './operations.ts';
import {
  type AnswerPlace,
  badAnswer,
  find,
  optionalText,
  requireCount,
  requireItems,
  requireText,
} from './pointers.ts';
import { readTime } from './times.ts';
import type { ApiCall, UsageCall, UsageInput, UsageReport } from './types.ts';

export async function runUsage(
  binding: Binding,
  operation: UsageOperation,
  call: ApiCall,
  input: UsageInput,
): Promise<UsageReport> {
  const { manifest } = binding;
  const longest = operation.maxDays ?? Number.MAX_SAFE_INTEGER;
  if (!Number.isInteger(input.days) || input.days < 1 || input.days > longest) {
    throw new UserError('usage', `${manifest.title} has figures for 1 to ${longest} days.`, {
      hint: `--days ${longest}`,
    });
  }
  const { body } = await exchange(binding, 'usage', operation.stats, call, { days: input.days });
  const place = placeOf(binding, 'usage');
  const { totals, tools } = operation;
  return {
    days: input.days,
    totalCalls: requireCount(body, totals.calls, place),
    totalRecords: totals.records === undefined ? null : requireCount(body, totals.records, place),
    daily: readDaily(body, operation, place),
    tools: requireItems(body, tools.items, place).map((item) => ({
      name: requireText(item, tools.name, place),
      calls: requireCount(item, tools.calls, place),
    })),
    ...(input.history ? await readHistory(binding, operation, call, input) : { records: [], calls: [] }),
  };
}

function readDaily(body: unknown, { daily }: UsageOperation, place: AnswerPlace): UsageReport['daily'] {
  const rows = requireItems(body, daily.items, place).map((item) => ({
    date: readDay(requireText(item, daily.date, place), daily.date, place),
    calls: requireCount(item, daily.calls, place),
    records: daily.records === undefined ? null : requireCount(item, daily.records, place),
  }));
  return rows.sort((one, other) => one.date.localeCompare(other.date));
}

function readDay(text: string, pointer: string, place: AnswerPlace): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  if (day === undefined) throw badAnswer(place, pointer, 'no day');
  return day;
}

type History = Pick<UsageReport, 'records' | 'calls'>;

/** One page after the other, to the first that is empty or shorter than the one before. */
async function readHistory(
  binding: Binding,
  operation: UsageOperation,
  call: ApiCall,
  input: UsageInput,
): Promise<History> {
  const { history } = operation;
  if (!history) {
    throw new UserError('unsupported', `${binding.manifest.title} tells no single calls.`, {
      provider: binding.manifest.id,
      hint: 'mcpkey usage, without --history',
    });
  }
  const place = placeOf(binding, 'usage');
  const items: object[] = [];
  let before = 0;
  for (let page = input.page; page < input.page + (input.pages ?? 1); page += 1) {
    const values = { days: input.days, page, since: firstDay(input.days, Date.now()) };
    const { body } = await exchange(binding, 'usage', history.request, call, values);
    const found = requireItems(body, history.items, place).map((item) => requireObject(item, history.items, place));
    items.push(...found);
    if (found.length === 0 || found.length < before) break;
    before = found.length;
  }
  return {
    records: items.map((item) => ({ ...item, ...timeOf(item, history.time, place) })),
    calls: items.map((item) => readCall(item, history, place)),
  };
}

function requireObject(item: unknown, pointer: string, place: AnswerPlace): object {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item;
  throw badAnswer(place, pointer, 'no records');
}

function readCall(item: object, history: UsageHistory, place: AnswerPlace): UsageCall {
  const { time, tool, failed, duration } = history;
  const took = duration && find(item, duration.pointer);
  const outcome = failed && find(item, failed.pointer);
  return {
    at: readTime(item, time, place),
    tool: optionalText(item, tool, place) ?? null,
    failed: failed === undefined || outcome === undefined || outcome === null ? null : outcome === failed.equals,
    durationMs: typeof took === 'number' && duration ? inMilliseconds(took, duration.unit) : null,
  };
}

/** The record's time as RFC 3339 UTC, under the service's own name. */
function timeOf(item: object, field: TimeField | undefined, place: AnswerPlace): Record<string, string | null> {
  return field === undefined ? {} : { [field.pointer.slice(1)]: readTime(item, field, place) };
}

/** The first of the last `days` days, today included: `2026-11-20`. */
function firstDay(days: number, now: number): string {
  return new Date(now - (days - 1) * 86_400_000).toISOString().slice(0, 10);
}
