import { defineCommand } from '../../command.ts';
import { updateProvider } from '../../plugins/install.ts';
import { providerRow } from '../../plugins/summary.ts';
import { consentOf } from '../../views/consent.ts';

export const command = defineCommand({
  summary: 'Replace an added provider by a newer file',
  details: 'Reads it anew from where it came from, or from FILE; hosts that are new are shown, and it asks.',
  arguments: [
    { name: 'PROVIDER', summary: 'its id', required: true, completes: 'provider' },
    { name: 'FILE', summary: 'a file or an https address', completes: 'file' },
  ],
  examples: [
    { run: 'mcpkey provider update acme', does: 'from where it was added' },
    { run: 'mcpkey provider update acme ./acme.json', does: 'from another file' },
  ],
  async run(context, { args: [id = '', file] }) {
    const entry = await updateProvider(context, id, file, consentOf(context));
    const { io } = context;
    if (io.json) io.document(entry ? [providerRow(entry)] : []);
    else
      io.out(entry ? `${io.color('green', '✓')} ${entry.manifest.title} (${id}) is updated.` : `${id} is as it was.`);
    return undefined;
  },
});
