import { defineCommand } from '../../command.ts';
import { storeRows } from '../../vault/status.ts';
import { showStores } from '../../views/stores.ts';

export const command = defineCommand({
  summary: 'Show which store holds what, and whether it works',
  details: 'Each store is tried: a value that is no secret is written, read back and deleted.',
  examples: [
    { run: 'mcpkey store status', does: 'all stores; the current one takes new secrets' },
    { run: 'mcpkey store status --json', does: 'the same for scripts' },
  ],
  async run(context) {
    showStores(context.io, await storeRows(context));
    return undefined;
  },
});
