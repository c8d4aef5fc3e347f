import type { Io } from '../io.ts';
import { typed } from '../typed.ts';
import type { Alert } from '../usage/alert.ts';
import { type Bar, barChart } from '../usage/chart.ts';
import { byWeek, type Day, type UsageDocument } from '../usage/figures.ts';
import { formatMoment } from './times.ts';

/** Above, bars stand for weeks: a year of days does not fit a screen. */
const MOST_DAYS = 62;
/** Fields of a single call that are shown, the service's first ones. */
const MOST_FIELDS = 8;

export interface UsageScreen {
  readonly days: readonly Day[];
  /** Page of the single calls; undefined where they were not asked for. */
  readonly page: number | undefined;
}

/** Chart and tables on a terminal; elsewhere the days are a table too. */
export function printUsage(io: Io, usage: UsageDocument, { days, page }: UsageScreen): void {
  const records = usage.totalRecords === null ? '' : `, ${usage.totalRecords} records`;
  io.out(io.bold(`${usage.profile}: ${usage.totalCalls} calls${records} in ${usage.days} days`));
  if (io.stdoutTty) for (const line of barChart(bars(days), io.width)) io.out(line);
  else printDays(io, days);
  if (usage.tools.length > 0) {
    io.out('');
    const most = Math.max(...usage.tools.map(({ calls }) => calls));
    io.table(usage.tools, [
      { title: 'TOOL', text: (tool) => tool.name },
      { title: 'CALLS', text: (tool) => String(tool.calls) },
      ...(io.stdoutTty ? [{ title: '', text: share(most), rank: 1 }] : []),
    ]);
  }
  if (page !== undefined) printRecords(io, usage, page);
}

const share = (most: number) => (tool: UsageDocument['tools'][number]) =>
  barChart([{ label: '', value: tool.calls }], 30, { most, bare: true })[0] ?? '';

function bars(days: readonly Day[]): Bar[] {
  if (days.length > MOST_DAYS) {
    return byWeek(days).map(({ date, calls }) => ({ label: `week of ${dayInWords(date)}`, value: calls }));
  }
  return days.map(({ date, calls }) => ({ label: dayInWords(date, true), value: calls }));
}

function printDays(io: Io, days: readonly Day[]): void {
  io.table(days, [
    { title: 'DAY', text: ({ date }) => date },
    { title: 'CALLS', text: ({ calls }) => String(calls) },
    { title: 'RECORDS', text: ({ records }) => (records === null ? '' : String(records)) },
  ]);
}

/** `Fri 20 Nov`, in English as all else. */
function dayInWords(date: string, weekday = false): string {
  const at = new Date(`${date}T00:00:00Z`);
  const words = { day: '2-digit', month: 'short', timeZone: 'UTC' } as const;
  return at.toLocaleDateString('en-GB', weekday ? { ...words, weekday: 'short' } : words).replace(',', '');
}

/** The service's own fields, the ones that any call has first. */
function printRecords(io: Io, usage: UsageDocument, page: number): void {
  const { profile, days, records, errors, durationMs } = usage;
  const [first] = records;
  io.out('');
  if (!first) {
    io.out(page === 1 ? 'No single calls.' : `No single calls on page ${page}.`);
    return;
  }
  const names = Object.keys(first).slice(0, MOST_FIELDS);
  io.table(
    records,
    names.map((name, index) => ({
      title: name.toUpperCase().replaceAll('_', ' '),
      text: (record) => cell(record[name]),
      // When it was is told however narrow the screen.
      rank: isTime(first[name]) ? 0 : index + 1,
    })),
  );
  const failed = errors === null ? '' : `, ${errors} failed`;
  const took =
    durationMs === null ? '' : `; half took at most ${durationMs.median} ms, the longest ${durationMs.longest} ms`;
  io.out(io.dim(`${records.length} calls${failed}${took}`));
  // With the first page alone it is known that there are none.
  if (page === 1 && records.length >= usage.totalCalls) return;
  io.note(
    io.dim(typed`older ones: mcpkey usage -p ${profile} --days ${String(days)} --history --page ${String(page + 1)}`),
  );
}

/** RFC 3339, as services write it. */
const isTime = (content: unknown): content is string =>
  typeof content === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(content) && !Number.isNaN(Date.parse(content));

const cell = (content: unknown) =>
  content === null || content === undefined
    ? ''
    : isTime(content)
      ? formatMoment(content)
      : typeof content === 'object'
        ? JSON.stringify(content)
        : String(content);

/** Days that were far above the usual, on stderr also with `--quiet`. */
export function printAlerts(io: Io, alerts: readonly Alert[]): void {
  for (const { date, calls, usual } of alerts) {
    io.say(`${io.color('red', '✗')} ${date}: ${calls} calls, where ${usual} are usual.`);
  }
}
