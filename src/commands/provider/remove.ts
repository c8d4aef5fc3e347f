import { defineCommand } from '../../command.ts';
import { removeProvider } from '../../plugins/install.ts';
import { providerRow } from '../../plugins/summary.ts';

export const command = defineCommand({
  summary: 'Remove an added provider',
  details: 'Only plugins can be removed, and only while no profile uses them.',
  arguments: [{ name: 'PROVIDER', summary: 'its id', required: true, completes: 'provider' }],
  examples: [{ run: 'mcpkey provider remove acme', does: 'the file that was added stays where it was' }],
  async run(context, { args: [id = ''] }) {
    const entry = await removeProvider(context, id);
    if (context.io.json) context.io.document([providerRow(entry)]);
    else context.io.out(`${context.io.color('green', '✓')} ${id} is removed.`);
    return undefined;
  },
});
