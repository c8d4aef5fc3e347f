import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { AssistedSteps } from '../providers/types.ts';
import { barChart } from '../usage/chart.ts';
import { everyDay, readUsage, type UsageDocument } from '../usage/figures.ts';

const DEFAULT_DAYS = 30;

export const command = defineCommand({
  summary: 'Show how much a service was used',
  details:
    'Calls a day and by tool, as the service counts them. Services without figures in their API: their dashboard.',
  options: {
    days: value('N', `the last N days (${DEFAULT_DAYS})`),
    history: flag('single calls too'),
    page: value('N', 'page of the single calls, from 1 (with --history)'),
  },
  examples: [
    { run: 'mcpkey usage --days 7', does: 'the last week' },
    { run: 'mcpkey usage --history --page 2', does: 'older single calls' },
    { run: 'mcpkey usage --json', does: 'the figures for scripts' },
  ],
  async run(context, { options }) {
    if (options.page !== undefined && !options.history) {
      throw new UserError('usage', '--page turns the pages of --history.', { hint: 'mcpkey usage --history --page 2' });
    }
    const days = wholeNumber('--days', options.days, DEFAULT_DAYS);
    const page = wholeNumber('--page', options.page, 1);
    const connection = await context.connect(context.profiles.inUse(context.options.profile));
    const usage = await readUsage(connection, { days, page, history: options.history });
    if ('steps' in usage) await showSteps(context, connection.provider.title, connection.provider.id, usage.steps);
    else if (context.io.json) context.io.document(usage.document);
    else print(context, usage.document);
    return undefined;
  },
});

function wholeNumber(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UserError('usage', `"${text}" is no number for ${option}.`, { hint: `${option} ${otherwise}` });
}

/** Nobody but a person can look into a dashboard. */
async function showSteps(
  context: Context,
  title: string,
  provider: string,
  { url, steps }: AssistedSteps,
): Promise<void> {
  const lines = [`Page: ${url}`, ...steps.map((step, index) => `${index + 1}. ${step}`)];
  if (!context.io.interactive || context.io.json) {
    throw new UserError('unsupported', `${title} shows its usage in the dashboard alone.`, {
      provider,
      hint: lines.join('\n'),
    });
  }
  for (const line of lines) context.io.say(line);
  await context.openPage(url);
}

function print({ io, now }: Context, usage: UsageDocument): void {
  const records = usage.totalRecords === null ? '' : `, ${usage.totalRecords} records`;
  io.out(io.bold(`${usage.profile}: ${usage.totalCalls} calls${records} in ${usage.days} days`));
  const bars = everyDay(usage, now()).map(({ date, calls }) => ({ label: date, value: calls }));
  for (const line of barChart(bars, io.width)) io.out(line);
  if (usage.tools.length > 0) {
    io.out('');
    io.table(usage.tools, [
      { title: 'TOOL', text: (tool) => tool.name },
      { title: 'CALLS', text: (tool) => String(tool.calls) },
    ]);
  }
  printRecords(io, usage);
}

/** The service's own fields, the ones that any call has first. */
function printRecords(io: Context['io'], { records }: UsageDocument): void {
  const [first] = records;
  if (!first) return;
  io.out('');
  const names = Object.keys(first).slice(0, 8);
  io.table(
    records,
    names.map((name, index) => ({
      title: name.toUpperCase().replaceAll('_', ' '),
      text: (record) => cell(record[name]),
      rank: index,
    })),
  );
}

const cell = (content: unknown) =>
  content === null || content === undefined
    ? ''
    : typeof content === 'object'
      ? JSON.stringify(content)
      : String(content);
