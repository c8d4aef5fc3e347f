import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Change } from '../placement/kept.ts';
import { findChange, undoChange } from '../placement/undo.ts';
import { formatMoment } from '../views/times.ts';

export const command = defineCommand({
  summary: 'Put back the files that a command changed',
  details:
    'Byte for byte, the last change by default; ids are in `mcpkey log`. An undo is a change like any other: undo it to have it back. Bytes are kept for 30 days. The service and the secret store are not touched.',
  arguments: [{ name: 'ID', summary: 'the change, as `mcpkey log` has it (default: the last one)' }],
  examples: [
    { run: 'mcpkey undo', does: 'the last command that changed files' },
    { run: 'mcpkey undo 3f9a2c1d04 -y', does: 'one of before, without being asked' },
  ],
  async run(context, { args: [id] }) {
    const { entry, change } = await findChange(context, id);
    await ask(context, `Undo "${entry.command}" of ${formatMoment(entry.at)} (${pathsOf(change).join(', ')})?`);
    const { changes, warnings } = await undoChange(context, change);
    const { io } = context;
    if (io.json) io.document(changes);
    for (const path of io.json ? [] : pathsOf(change)) {
      io.out(`${io.color('green', '✓')} ${path} is as it was before "${entry.command}".`);
    }
    for (const reload of io.json ? [] : new Set(changes.map((row) => `  ${row.client}: ${row.reload}`)))
      io.note(reload);
    for (const warning of warnings) io.warn(warning);
    return undefined;
  },
});

/** A change of the ledger alone has no files, and still says which entry uses which key. */
const pathsOf = ({ files, rows }: Change): readonly string[] => [
  ...new Set((files.length > 0 ? files : rows).map(({ path }) => path)),
];

async function ask(context: Context, question: string): Promise<void> {
  if (context.options.yes) return;
  if (await context.io.confirm(question, { hint: 'Add --yes to undo without being asked.' })) return;
  throw new UserError('usage', 'Nothing was changed.', { hint: 'mcpkey undo --yes' });
}
