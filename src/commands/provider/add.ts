import { defineCommand } from '../../command.ts';
import { addProvider } from '../../plugins/install.ts';
import { providerRow } from '../../plugins/summary.ts';
import { consentOf } from '../../views/consent.ts';

export const command = defineCommand({
  summary: 'Add a provider from a file',
  details:
    'Checks the manifest, shows which hosts it may talk to, and asks. A module (.mjs) runs with your rights: read it before.',
  arguments: [
    {
      name: 'FILE',
      summary: 'a manifest (.json), a module (.mjs), or an https address',
      required: true,
      completes: 'file',
    },
  ],
  examples: [
    { run: 'mcpkey provider add acme.json', does: 'asks, then keeps a copy' },
    { run: 'mcpkey provider add https://acme.example/mcpkey.json -y', does: 'without asking' },
  ],
  async run(context, { args: [file = ''] }) {
    const entry = await addProvider(context, file, consentOf(context));
    const row = providerRow(entry);
    if (context.io.json) context.io.document([row]);
    else
      context.io.out(
        `${context.io.color('green', '✓')} ${row.title} (${row.id}) is added. Next: mcpkey setup ${row.id}`,
      );
    return undefined;
  },
});
