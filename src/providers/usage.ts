/** Reads a service's usage figures. */
import { UserError } from '../errors.ts';
import type { TimeField, UsageOperation } from './manifest-http.ts';
import { type Binding, exchange, placeOf } from './operations.ts';
import { type AnswerPlace, badAnswer, requireCount, requireItems, requireText } from './pointers.ts';
import { readTime } from './times.ts';
import type { ApiCall, UsageInput, UsageReport } from './types.ts';

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
    records: input.history ? await readRecords(binding, operation, call, input) : [],
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

async function readRecords(binding: Binding, operation: UsageOperation, call: ApiCall, input: UsageInput) {
  const { history } = operation;
  if (!history) {
    throw new UserError('unsupported', `${binding.manifest.title} tells no single calls.`, {
      hint: 'mcpkey usage, without --history',
    });
  }
  const { body } = await exchange(binding, 'usage', history.request, call, {
    days: input.days,
    page: input.page,
    since: firstDay(input.days, Date.now()),
  });
  const place = placeOf(binding, 'usage');
  return requireItems(body, history.items, place).map((item) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw badAnswer(place, history.items, 'no records');
    return { ...item, ...timeOf(item, history.time, place) };
  });
}

/** The record's time as RFC 3339 UTC, under the service's own name. */
function timeOf(item: object, field: TimeField | undefined, place: AnswerPlace): Record<string, string | null> {
  return field === undefined ? {} : { [field.pointer.slice(1)]: readTime(item, field, place) };
}

/** The first of the last `days` days, today included: `2026-11-20`. */
function firstDay(days: number, now: number): string {
  return new Date(now - (days - 1) * 86_400_000).toISOString().slice(0, 10);
}
