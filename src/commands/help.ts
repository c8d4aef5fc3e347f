import { defineCommand } from '../command.ts';
import { UserError } from '../errors.ts';
import { ERROR_CODES, errorPage } from '../help/errors.ts';
import { helpPage } from '../help.ts';
import { withNearest } from '../nearest.ts';
import { findCommand } from '../words.ts';
import { COMMANDS } from './index.ts';

const WIDEST = 100;

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
    const page = args[0] === 'errors' ? explainError(args[1]) : await explainCommand(args, io.width);
    if (io.json) io.document({ page });
    else io.out(page);
    return undefined;
  },
});

function explainCommand(words: readonly string[], width: number): Promise<string> {
  const found = findCommand(words, COMMANDS);
  return helpPage(found.words, found.node, Math.min(width, WIDEST));
}

function explainError(code: string | undefined): string {
  if (code === undefined) return ERROR_CODES.join('\n');
  const page = errorPage(code);
  if (page !== undefined) return page;
  throw new UserError('not_found', withNearest(`There is no error code "${code}".`, code, ERROR_CODES), {
    hint: 'mcpkey help errors lists them.',
  });
}
