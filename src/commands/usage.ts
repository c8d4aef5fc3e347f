import { defineCommand, flag, value } from '../command.ts';
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { AssistedSteps, UsageReport } from '../providers/types.ts';
import { findAlerts, readFactor } from '../usage/alert.ts';
import { everyDay, readUsage, usageDocument } from '../usage/figures.ts';
import { savePage } from '../usage/save.ts';
import { printAlerts, printUsage } from '../views/usage.ts';

const DEFAULT_DAYS = 30;
/** Of the history, for a page's failures and durations: a thousand calls at twenty a page. */
const PAGES = 50;

export const command = defineCommand({
  summary: 'Show how much a service was used',
  details:
    'Calls a day and by tool, as the service counts them. Services without figures in their API: their dashboard.',
  options: {
    days: value('N', `the last N days (${DEFAULT_DAYS})`),
    history: flag('single calls too'),
    page: value('N', 'page of the single calls, from 1 (with --history)'),
    html: value('FILE', 'write a page for the browser: calls by day and tool, failures, durations', {
      completes: 'file',
    }),
    alert: value('FACTOR', 'exit with 1 on a day with FACTOR times as many calls as usual'),
  },
  examples: [
    { run: 'mcpkey usage --days 7', does: 'the last week' },
    { run: 'mcpkey usage --history --page 2', does: 'older single calls' },
    { run: 'mcpkey usage --html usage.html', does: 'a page to look at; it asks no network for anything' },
    { run: 'mcpkey usage --days 30 --alert 3', does: 'fails where a day had three times the usual' },
    { run: 'mcpkey usage --json', does: 'the figures for scripts' },
  ],
  async run(context, { options }) {
    if (options.page !== undefined && !options.history) {
      throw new UserError('usage', '--page turns the pages of --history.', { hint: 'mcpkey usage --history --page 2' });
    }
    const days = wholeNumber('--days', options.days, DEFAULT_DAYS);
    const page = wholeNumber('--page', options.page, 1);
    const factor = options.alert === undefined ? undefined : readFactor(options.alert);
    const connection = await context.connect(context.profiles.inUse(context.options.profile));
    const usage = await readUsage(connection, { days, page, history: options.history });
    if ('steps' in usage) {
      await showSteps(context, connection, usage.steps, options.html !== undefined || factor !== undefined);
      return undefined;
    }
    if (options.html !== undefined) await writePage(context, connection, usage.report, options.html);
    return show(context, connection.profile.name, usage.report, { factor, page: options.history ? page : undefined });
  },
});

interface Showing {
  readonly factor: number | undefined;
  readonly page: number | undefined;
}

function show(context: Context, profile: string, report: UsageReport, { factor, page }: Showing): number | undefined {
  const { io } = context;
  const days = everyDay(report, context.now());
  const alerts = factor === undefined ? undefined : findAlerts(days, factor);
  const document = usageDocument(profile, report);
  if (io.json) io.document({ ...document, ...(alerts && { alerts }) });
  else printUsage(io, document, { days, page });
  if (alerts === undefined || alerts.length === 0) return undefined;
  if (!io.json) printAlerts(io, alerts);
  return 1;
}

/** Failures and durations come from single calls; a service that tells none has a page without them. */
async function writePage(context: Context, connection: Connection, report: UsageReport, file: string): Promise<void> {
  const { provider, profile } = connection;
  const { usagePage } = await import('../usage/page/page.ts');
  const tellsCalls = provider.manifest.operations.usage.mode === 'api' && provider.manifest.operations.usage.history;
  const all = tellsCalls
    ? await readUsage(connection, { days: report.days, page: 1, pages: PAGES, history: true })
    : { report };
  const page = usagePage({
    profile: profile.name,
    service: provider.title,
    report: 'report' in all ? all.report : report,
    now: context.now(),
  });
  context.io.note(`Wrote ${await savePage(file, context.cwd, page)}`);
}

function wholeNumber(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UserError('usage', `"${text}" is no number for ${option}.`, { hint: `${option} ${otherwise}` });
}

/** Nobody but a person can look into a dashboard. */
async function showSteps(
  context: Context,
  { provider }: Connection,
  { url, steps }: AssistedSteps,
  needsFigures: boolean,
): Promise<void> {
  const lines = [`Page: ${url}`, ...steps.map((step, index) => `${index + 1}. ${step}`)];
  if (needsFigures || !context.io.interactive || context.io.json) {
    throw new UserError('unsupported', `${provider.title} shows its usage in the dashboard alone.`, {
      provider: provider.id,
      hint: lines.join('\n'),
    });
  }
  for (const line of lines) context.io.say(line);
  await context.openPage(url);
}
