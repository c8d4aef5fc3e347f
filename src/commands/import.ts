import { defineCommand, flag } from '../command.ts';
import { keptDocument } from '../keys/document.ts';
import { importKey } from '../keys/import.ts';
import { typed } from '../typed.ts';
import { terminalGuide } from '../views/guide.ts';
import { printKey } from '../views/keys.ts';

export const command = defineCommand({
  summary: 'Take in a key made elsewhere (a dashboard)',
  details: 'Checks its form, probes it, stores it. A key that is refused is not stored.',
  arguments: [{ name: 'NAME', summary: 'what to call it here', required: true }],
  options: { stdin: flag('read the key from stdin') },
  examples: [
    { run: 'mcpkey import laptop -p investra', does: 'asks for the key, hidden' },
    { run: 'pbpaste | mcpkey import laptop -p investra --stdin', does: 'takes it from the clipboard' },
  ],
  async run(context, { args: [name = ''], options }) {
    const connection = await context.connect(context.profiles.inUse(context.options.profile));
    const pipe = typed`printf %s "$KEY" | mcpkey import ${name} -p ${connection.profile.name} --stdin`;
    const guide = terminalGuide(context, { ...options, pipe });
    const { record } = await importKey(context, connection, name, guide);
    const document = keptDocument(record, context.now());
    if (context.io.json) context.io.document(document);
    else printKey(context.io, document, context.now());
    context.io.note(typed`Stored. Next: mcpkey place ${document.ref} claude-code`);
    return undefined;
  },
});
