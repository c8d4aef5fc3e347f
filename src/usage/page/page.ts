/** The page of `usage --html`: one file that asks no network for anything. */
import { createHash } from 'node:crypto';
import type { UsageReport } from '../../providers/types.ts';
import { byTool, durationsOf, failuresOf, type ToolFigures } from '../calls.ts';
import { everyDay, localDay } from '../figures.ts';
import { dayChart } from './daychart.ts';
import { type Cell, count, duration, escaped, table } from './markup.ts';
import style from './page.css?raw';
import script from './page.js?raw';

export interface PageInput {
  readonly profile: string;
  /** The provider's title. */
  readonly service: string;
  readonly report: UsageReport;
  /** Milliseconds. */
  readonly now: number;
}

export function usagePage(input: PageInput): string {
  const title = escaped(`${input.profile}: usage`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#tools">To the tools</a>
${main(input)}
<footer>Made by mcpkey on ${time(input.now)}. Days are as the service counts them.</footer>
<script>${script}</script>
</body>
</html>
`;
}

function time(now: number): string {
  const exact = new Date(now).toISOString();
  return `<time datetime="${exact}">${exact.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** Nothing but the style and the script of this very file. */
function policy(): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const rules = [`default-src 'none'`, `style-src ${hash(style)}`, `script-src ${hash(script)}`, 'img-src data:'];
  return [...rules, `base-uri 'none'`, `form-action 'none'`].join('; ');
}

function main({ profile, service, report, now }: PageInput): string {
  const days = everyDay(report, now);
  const failed = failedByDay(report);
  return `<main>
<h1>${escaped(profile)}</h1>
<p class="soft">${escaped(service)}, the last ${count(report.days)} days</p>
${sums(report)}
<h2>Calls by day</h2>
${dayChart(days, failed)}
<details><summary>All days in numbers</summary>
${table(
  'Calls by day',
  ['Day', 'Calls', 'Records', 'Failed'],
  days.map(({ date, calls, records }) => [{ text: date }, number(calls), number(records), bad(failed.get(date) ?? 0)]),
)}</details>
<h2 id="tools">Tools</h2>
${tools(report)}
</main>`;
}

function sums({ totalCalls, totalRecords, calls }: UsageReport): string {
  const failures = failuresOf(calls);
  const took = durationsOf(calls);
  const rows: [string, string][] = [['Calls', count(totalCalls)]];
  if (totalRecords !== null) rows.push(['Records', count(totalRecords)]);
  if (failures !== null) rows.push([`Failed of the last ${count(calls.length)}`, count(failures)]);
  if (took !== null) {
    rows.push(['Half took at most', duration(took.median)], ['95 of 100 at most', duration(took.p95)]);
    rows.push(['Longest', duration(took.longest)]);
  }
  const cells = rows.map(([name, text]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(text)}</dd></div>`);
  return `<dl class="sums">${cells.join('')}</dl>`;
}

function tools({ tools, calls }: UsageReport): string {
  if (tools.length === 0) return '<p>No tool was called.</p>';
  const rows = byTool(tools, calls);
  const most = Math.max(1, ...rows.map((row) => row.calls));
  const heads = ['Tool', 'Calls', 'Failed', 'Half at most', '95 of 100', 'Longest'];
  const note =
    calls.length === 0 ? '' : `<p class="soft">Failures and durations: the last ${count(calls.length)} calls.</p>`;
  return `${table(
    'Tools',
    heads,
    rows.map((row) => toolRow(row, most)),
  )}${note}`;
}

function toolRow({ name, calls, failed, durations }: ToolFigures, most: number): Cell[] {
  const width = ((calls / most) * 100).toFixed(2);
  const behind = `<svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="1"/></svg>`;
  const took = (value: number | undefined): Cell =>
    value === undefined ? { text: '–', value: -1 } : { text: duration(value), value };
  return [
    { text: name, behind },
    number(calls),
    failed === null ? { text: '–', value: -1 } : bad(failed),
    took(durations?.median),
    took(durations?.p95),
    took(durations?.longest),
  ];
}

const number = (value: number | null): Cell =>
  value === null ? { text: '–', value: -1 } : { text: count(value), value };
const bad = (value: number): Cell => ({ text: count(value), value, bad: value > 0 });

function failedByDay({ calls }: UsageReport): ReadonlyMap<string, number> {
  const days = new Map<string, number>();
  for (const { at, failed } of calls) {
    if (!failed || at === null) continue;
    const day = localDay(at);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return days;
}
