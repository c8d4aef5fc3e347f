import { join } from 'node:path';
import { defineCommand } from '../../command.ts';
import { UserError } from '../../errors.ts';
import { starterManifest } from '../../plugins/starter.ts';
import { writeNew } from '../../plugins/write-new.ts';

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const command = defineCommand({
  summary: 'Write the beginning of a provider file',
  details:
    'Writes ID.json into the current folder: a manifest that passes its schema, to be changed to what the service does.',
  arguments: [{ name: 'ID', summary: 'the provider’s id (my-service)' }],
  examples: [
    { run: 'mcpkey provider init acme', does: 'writes acme.json' },
    { run: 'mcpkey provider test acme.json --url https://sandbox.acme.example', does: 'then: tries it on the service' },
  ],
  async run(context, { args: [id = 'my-service'] }) {
    if (!ID.test(id)) {
      throw new UserError('usage', `"${id}" is no provider id.`, {
        hint: 'Small letters, digits and "-": mcpkey provider init acme',
      });
    }
    const path = join(context.cwd, `${id}.json`);
    await writeNew(path, `${JSON.stringify(starterManifest(id), null, 2)}\n`);
    if (context.io.json) context.io.document({ id, path });
    else context.io.out(`${path} is written. Next: mcpkey provider test ${id}.json --url URL`);
    return undefined;
  },
});
