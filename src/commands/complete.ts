import table from '../../completions/commands.json?raw';
import { defineCommand } from '../command.ts';
import { type Candidate, complete, type Names, type Specs } from '../complete.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

export const command = defineCommand({
  summary: 'Answer a completion script',
  details:
    'One candidate a line, with a tab and what it means where there is something to say; ":files" asks for files.',
  examples: [{ run: 'mcpkey __complete -- place stock/', does: 'prints the keys of stock' }],
  passthrough: true,
  hot: true,
  async run(context, { rest }) {
    const lines = (await candidates(context, rest)).map(({ word, text }) =>
      text === undefined ? word : `${word}\t${text}`,
    );
    if (lines.length > 0) context.io.out(lines.join('\n'));
    return undefined;
  },
});

/** A broken file of ours is told by commands, not in the middle of a line that someone types. */
async function candidates(context: Context, words: readonly string[]): Promise<readonly Candidate[]> {
  try {
    const specs: Specs = JSON.parse(table);
    return await complete(words, specs.commands, namesOf(context, specs));
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

function namesOf(context: Context, { clients, stores }: Specs): Names {
  const names: Names = async (kind, words = []) => {
    switch (kind) {
      case 'key':
        return (await context.ledger.keys(undefined, { local: true }))
          .filter((key) => key.status !== 'revoked')
          .map(({ profile, name }) => `${profile}/${name}`);
      case 'profile':
        return context.profiles.list().map(({ name }) => name);
      case 'provider':
        return (await context.providers()).map(({ id }) => id);
      case 'client':
        return clients;
      case 'target':
        return [...clients, 'env-file', 'hook'];
      case 'store':
        return stores;
      case 'subject':
        return (await import('../doctor/subjects-on-disk.ts')).subjectsOnDisk(context, words, names);
    }
  };
  return names;
}
