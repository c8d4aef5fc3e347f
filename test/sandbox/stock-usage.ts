/** What the stock data service counts of its tools, and the tools themselves. */
import { z } from 'zod';
import type { ToolSketch } from './mcp.ts';

export const STOCK_TOOLS: readonly ToolSketch[] = [
  {
    name: 'get_daily_prices',
    title: 'Daily prices',
    description: 'Open, high, low and close of one share, day by day.',
    input: ['symbol'],
    answer: ({ symbol }) => [{ symbol, date: '2026-11-20', open: 10.2, high: 10.9, low: 10.1, close: 10.7 }],
  },
  {
    name: 'search_stocks',
    title: 'Find shares',
    description: 'Shares whose name or symbol holds a word.',
    input: ['query'],
    answer: ({ query }) => [{ symbol: '600000.SH', name: `${query} 银行` }],
  },
  {
    name: 'get_income_statement',
    title: 'Income statement',
    description: 'The last published income statement of one company.',
    input: ['symbol'],
    answer: ({ symbol }) => ({ symbol, period: '2026Q3', revenue: 1_200_000, profit: 310_000 }),
  },
];

const TABLES: Readonly<Record<string, string>> = {
  get_daily_prices: 'ods_daily',
  search_stocks: 'ods_stock_basic',
  get_income_statement: 'ods_income_statement',
};

interface UsageRecord {
  readonly tool_name: string;
  readonly table_name: string;
  readonly record_count: number;
  readonly duration_ms: number;
  readonly is_error: boolean;
  readonly created_at: string;
}

export interface UsageLog {
  add(tool: string): void;
  /** Pages of single calls, newest first; a ZodError where a parameter is out of range. */
  history(query: URLSearchParams): unknown;
  stats(query: URLSearchParams): unknown;
}

const PAGE = z.object({
  page: z.coerce.number().int().min(1).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(20),
  start_date: z.iso.date().optional(),
  end_date: z.iso.date().optional(),
  tool_name: z.string().optional(),
});
const STATS = z.object({ days: z.coerce.number().int().min(1).max(365).default(30) });

/** Starts with ten days of calls, so that a chart has something to show. */
export function createUsageLog(): UsageLog {
  const records: UsageRecord[] = sampleRecords();
  return {
    add: (tool) => void records.push(record(tool, new Date())),
    history(query) {
      const input = PAGE.safeParse(Object.fromEntries(query));
      if (!input.success) return input.error;
      const { page, page_size, start_date, end_date, tool_name } = input.data;
      const fitting = records
        .filter((entry) => tool_name === undefined || entry.tool_name === tool_name)
        .filter((entry) => start_date === undefined || entry.created_at.slice(0, 10) >= start_date)
        .filter((entry) => end_date === undefined || entry.created_at.slice(0, 10) <= end_date)
        .toReversed();
      return {
        records: fitting.slice((page - 1) * page_size, page * page_size),
        total: fitting.length,
        page,
        page_size,
      };
    },
    stats(query) {
      const input = STATS.safeParse(Object.fromEntries(query));
      return input.success ? statistics(records, input.data.days) : input.error;
    },
  };
}

function sampleRecords(): UsageRecord[] {
  const tools = STOCK_TOOLS.map((tool) => tool.name);
  return Array.from({ length: 30 }, (_, index) => {
    const daysAgo = 10 - Math.floor(index / 3);
    return record(tools[index % tools.length] ?? 'search_stocks', new Date(Date.now() - daysAgo * 86_400_000), {
      count: (index * 7) % 40,
      duration: 8 + ((index * 37) % 400),
      failed: index % 11 === 5,
    });
  });
}

interface Call {
  readonly count: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly failed: boolean;
}

function record(tool: string, at: Date, call: Call = { count: 1, duration: 12, failed: false }): UsageRecord {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return {
    tool_name: tool,
    table_name: TABLES[tool] ?? '',
    record_count: call.count,
    duration_ms: call.duration,
    is_error: call.failed,
    created_at: local.toISOString().slice(0, 19),
  };
}

function statistics(records: readonly UsageRecord[], days: number): unknown {
  const first = record('', new Date(Date.now() - (days - 1) * 86_400_000)).created_at.slice(0, 10);
  const recent = records.filter((entry) => entry.created_at.slice(0, 10) >= first);
  const dates = [...new Set(recent.map((entry) => entry.created_at.slice(0, 10)))].sort();
  const daily = dates.map((date) => {
    const ofDay = recent.filter((entry) => entry.created_at.startsWith(date));
    return { date, call_count: ofDay.length, total_records: totalOf(ofDay) };
  });
  const tools = [...new Set(recent.map((entry) => entry.tool_name))].map((name) => ({
    tool_name: name,
    call_count: recent.filter((entry) => entry.tool_name === name).length,
  }));
  return {
    daily_stats: daily,
    total_calls: recent.length,
    total_records: totalOf(recent),
    avg_daily_calls: Math.round((recent.length / days) * 100) / 100,
    top_tools: tools.toSorted((one, other) => other.call_count - one.call_count),
  };
}

const totalOf = (records: readonly UsageRecord[]): number =>
  records.reduce((sum, entry) => sum + entry.record_count, 0);
