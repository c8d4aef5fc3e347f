import { defineCommand } from '../command.ts';
import { helpPage } from '../help.ts';
import { findCommand } from '../words.ts';
import { COMMANDS } from './index.ts';

export const command = defineCommand({
  summary: 'Explain a command',
  details: 'Without COMMAND: what there is. The pages need no network.',
  arguments: [{ name: 'COMMAND', summary: 'one or two words: place, profile add', variadic: true }],
  examples: [
    { run: 'mcpkey help place', does: 'usage, options and examples of mcpkey place' },
    { run: 'mcpkey help profile add', does: 'the same of a command of two words' },
  ],
  hot: true,
  async run({ io }, { args }) {
    const { words, node } = findCommand(args, COMMANDS);
    io.out(await helpPage(words, node, Math.min(io.width, 100)));
    return undefined;
  },
});
