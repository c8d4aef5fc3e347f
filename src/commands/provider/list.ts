import { defineCommand } from '../../command.ts';
import { providerRow } from '../../plugins/summary.ts';
import { providerColumns } from '../../views/providers.ts';

export const command = defineCommand({
  summary: 'List all providers and what each can do',
  details:
    'api: done by the service’s API. assisted: done in its dashboard, with mcpkey saying what to do and checking that it was done.',
  examples: [
    { run: 'mcpkey provider list', does: 'the built-in providers and the plugins' },
    { run: 'mcpkey provider list --json', does: 'the same for scripts, hosts included' },
  ],
  async run(context) {
    const rows = (await context.providers()).map(providerRow);
    if (context.io.json) context.io.document(rows);
    else context.io.table(rows, providerColumns(context.io));
    return undefined;
  },
});
