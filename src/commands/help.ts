import { defineCommand } from '../command.ts';
import { topicPage } from '../help.ts';

export const command = defineCommand({
  summary: 'Explain a command, or an error code',
  details: 'Without COMMAND: what there is. The pages need no network.',
  arguments: [{ name: 'COMMAND', summary: 'one or two words: place, profile add, errors CODE', variadic: true }],
  examples: [
    { run: 'mcpkey help place', does: 'usage, options and examples of mcpkey place' },
    { run: 'mcpkey help profile add', does: 'the same of a command of two words' },
    { run: 'mcpkey help errors rate_limited', does: 'what an error code means, and what to do' },
  ],
  hot: true,
  async run({ io }, { args }) {
    const page = await topicPage(args, io.width);
    if (io.json) io.document({ page });
    else io.out(page);
    return undefined;
  },
});
