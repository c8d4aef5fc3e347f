import { oneOf } from '../choices.ts';
import type { ClientScope } from '../clients/types.ts';
import { defineCommand, value } from '../command.ts';
import type { Context } from '../context.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import { refOf, resolveRef, unknownIn } from '../keys/refs.ts';
import { unplaceFrom } from '../placement/unplace.ts';
import { printRemovals } from '../views/removals.ts';

const SCOPES: readonly ClientScope[] = ['user', 'project', 'local'];

export const command = defineCommand({
  summary: 'Take a key out of a client’s configuration',
  details: 'The file’s bytes are what they were before it was placed; a table or file that mcpkey made goes too.',
  arguments: [
    { name: 'KEY', summary: 'PROFILE/NAME, NAME, PROFILE, id or PROFILE/@login', required: true, completes: 'key' },
    { name: 'TARGET', summary: 'clients, env-file or hook', required: true, variadic: true, completes: 'target' },
  ],
  options: {
    scope: value('SCOPE', 'only the entry of this scope: user, project or local', { completes: SCOPES }),
    name: value('SERVER', 'only the entry of this name'),
    dir: value('DIR', 'only the entries of this project', { completes: 'file' }),
  },
  examples: [
    { run: 'mcpkey unplace stock/ci cursor', does: 'every entry of this key in Cursor’s files' },
    { run: 'mcpkey unplace stock/ci claude-code --scope project', does: 'the one in this project’s .mcp.json alone' },
  ],
  async run(context, { args: [word = '', ...targets], options }) {
    const ref = await placedRef(context, word);
    const report = await unplaceFrom(context, ref, [...new Set(targets)], {
      ...options,
      scope: oneOf(options.scope, SCOPES, '--scope'),
    });
    printRemovals(context.io, report);
    return undefined;
  },
});

async function placedRef(context: Context, word: string): Promise<string> {
  const found = await resolveRef(context, word);
  if (found.kind === 'key') return refOf(found.record);
  if (found.kind === 'login') return `${found.profile.name}/${LOGIN_NAME}`;
  throw await unknownIn(context, found);
}
