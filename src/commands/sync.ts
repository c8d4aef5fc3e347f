import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type SyncReport, syncPlacements } from '../placement/sync.ts';
import { printPlacements } from '../views/placements.ts';

export const command = defineCommand({
  summary: 'Renew on this machine what a rotation elsewhere left for it',
  details:
    'With a shared store (etcd, vault) any machine may rotate a key. Its own files that hold the key itself, and its own hooks, are then renewed here; entries that ask mcpkey for the key need nothing.',
  examples: [
    { run: 'mcpkey sync', does: 'this machine’s files and hooks get the keys that are current now' },
    { run: 'mcpkey sync --no-input --json', does: 'the same for a timer' },
  ],
  async run(context) {
    const report = await syncPlacements(context);
    if (context.io.json) {
      context.io.document(report.changes);
      for (const warning of report.warnings) context.io.warn(warning);
    } else printPlacements(context.io, report);
    tellFailures(context, report);
    if (report.changes.length === 0 && !context.io.json) context.io.note('Nothing waits on this machine.');
    return undefined;
  },
});

/** Throws the error where there is one and nothing else was to be done, else `partial`. */
function tellFailures(context: Context, { failed, changes }: SyncReport): void {
  const [first] = failed;
  if (!first) return;
  if (failed.length === 1 && !changes.some(({ changed }) => changed)) throw first.error;
  for (const { ref, error } of failed) context.io.warn(`${ref}: ${error.message}`);
  const keys = new Set(failed.map(({ ref }) => ref));
  const which = keys.size === 1 ? first.ref : `${keys.size} of the keys`;
  throw new UserError('partial', `${which} could not be renewed everywhere on this machine.`, {
    hint: 'Mend the cause, and run again: mcpkey sync',
  });
}
