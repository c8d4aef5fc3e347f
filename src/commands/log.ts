import { oneOf } from '../choices.ts';
import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import type { HistoryEntry } from '../ledger.ts';
import { historyColumns, historyCsv } from '../views/history.ts';

const FORMATS = ['table', 'json', 'csv'] as const;

export const command = defineCommand({
  summary: 'Show what was changed or revealed, and when',
  details:
    'Oldest first; never a secret. Each entry is chained to the one before it: --verify shows whether one was changed, moved or taken out, but not whether the last ones, or all, were cut off.',
  options: {
    since: value('DURATION', 'only entries younger than DURATION'),
    format: value('FORMAT', 'table, json or csv', { completes: FORMATS }),
    verify: flag('check the chain of all entries'),
  },
  examples: [
    { run: 'mcpkey log --since 7d', does: 'the last week' },
    { run: 'mcpkey log --format csv > history.csv', does: 'for a spreadsheet' },
    { run: 'mcpkey log --verify', does: 'exits with 1 where the history was tampered with' },
  ],
  async run(context, { options }) {
    const format = chosenFormat(context, options.format);
    const since = options.since === undefined ? 0 : context.now() - parseDuration(options.since, '--since');
    const broken = options.verify ? await context.ledger.verifyHistory() : undefined;
    if (broken !== undefined) throw tampered(context, broken);
    const all = await context.ledger.history();
    const entries = all.filter((entry) => Date.parse(entry.at) >= since);
    if (format === 'json') context.io.document(entries);
    else if (format === 'csv') for (const line of historyCsv(entries)) context.io.out(line);
    else show(context, entries);
    if (options.verify) context.io.note(fitting(all));
    return undefined;
  },
});

function chosenFormat({ io }: Context, wanted: string | undefined): (typeof FORMATS)[number] {
  const format = oneOf(wanted, FORMATS, '--format');
  if (format === undefined) return io.json ? 'json' : 'table';
  if (io.json && format !== 'json') {
    throw new UserError('usage', `--json and --format ${format} exclude one another.`, {
      hint: 'Leave one of them out.',
    });
  }
  return format;
}

function show({ io, now }: Context, entries: readonly HistoryEntry[]): void {
  if (entries.length === 0) io.note('Nothing was changed or revealed.');
  io.table(entries, historyColumns(io, now()));
}

/** And what cannot be seen: it is no proof that nothing is missing. */
function fitting(entries: readonly HistoryEntry[]): string {
  const last = entries.at(-1);
  const seen = last
    ? `Every entry fits the one before it; the last is ${last.id} of ${last.at}.`
    : 'There are no entries.';
  return `${seen} Entries cut off at the very end cannot be told from a shorter history.`;
}

function tampered(context: Context, entry: string): UserError {
  return new UserError('conflict', `The history was changed: ${entry} does not fit what stands before it.`, {
    hint: `Compare ${context.paths.log} with a backup.`,
  });
}
