import { defineCommand } from '../command.ts';
import { currentKey, findKey } from '../keys/find.ts';
import { printKey } from '../views/keys.ts';

export const command = defineCommand({
  summary: 'One key and where it is placed; never the secret',
  details: 'What the service says of it, joined with what is kept here; where it cannot be asked, what is kept here.',
  arguments: [{ name: 'KEY', summary: 'PROFILE/NAME, NAME, PROFILE or id', required: true, completes: 'key' }],
  examples: [{ run: 'mcpkey show stock/ci', does: 'the key "ci" of the profile "stock"' }],
  async run(context, { args: [ref = ''] }) {
    const { document, unasked } = await currentKey(context, await findKey(context, ref));
    if (unasked) context.io.note(`As it is known here: ${unasked.message}`);
    if (context.io.json) context.io.document(document);
    else printKey(context.io, document, context.now());
    return undefined;
  },
});
