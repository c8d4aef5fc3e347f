import { defineCommand } from '../command.ts';
import { findKey } from '../keys/find.ts';
import { printKey } from '../views/keys.ts';

export const command = defineCommand({
  summary: 'One key and where it is placed; never the secret',
  arguments: [{ name: 'KEY', summary: 'PROFILE/NAME, NAME, PROFILE or id', required: true, completes: 'key' }],
  examples: [{ run: 'mcpkey show stock/ci', does: 'the key "ci" of the profile "stock"' }],
  async run(context, { args: [ref = ''] }) {
    const { document } = await findKey(context, ref);
    if (context.io.json) context.io.document(document);
    else printKey(context.io, document, context.now());
    return undefined;
  },
});
