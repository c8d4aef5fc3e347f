/** Every command explains itself with examples, and every example is a line that the program takes. */
import { describe, expect, test } from 'vitest';
import type { Command, CommandTree } from '../src/command.ts';
import { parseCommandLine } from '../src/commandline.ts';
import { COMMANDS } from '../src/commands/index.ts';
import { helpPage } from '../src/help.ts';
import { printable } from '../src/io/text.ts';
import { findCommand } from '../src/words.ts';

async function all(tree: CommandTree, above: readonly string[] = []): Promise<[string, Command][]> {
  const found = await Promise.all(
    Object.entries(tree).map(async ([name, node]): Promise<[string, Command][]> => {
      const words = [...above, name];
      return 'commands' in node ? all(node.commands, words) : [[words.join(' '), (await node.load()).command]];
    }),
  );
  return found.flat();
}

const commands = await all(COMMANDS);
/** The program's words of the part of an example that runs it, without what the shell does. */
const wordsOf = (line: string): string[] => {
  const own = line.split(/ (?:[|<>]|&&) |<\(/).find((part) => part.startsWith('mcpkey ')) ?? 'mcpkey';
  return [...own.replace(/\)$/, '').matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/['"]/g, ''),
  );
};

describe.each(commands)('mcpkey %s', (name, command) => {
  test('has an example of its own', () => {
    const own = command.examples.filter(({ run }) => wordsOf(run).join(' ').startsWith(`mcpkey ${name}`));
    expect(own.length).toBeGreaterThan(0);
  });

  test.each(command.examples.map(({ run }) => run))('%s', async (line) => {
    const { words, node, tokens } = findCommand(wordsOf(line).slice(1), COMMANDS);
    if (node === undefined || !('load' in node) || words[0] === 'help') return;
    await parseCommandLine((await node.load()).command, words, tokens);
  });

  test.each([60, 80])('its page fits %i columns', async (columns) => {
    const { words, node } = findCommand(name.split(' '), COMMANDS);
    const page = printable(await helpPage(words, node, columns), undefined);
    const wide = page.split('\n').filter((line) => line.length > columns);
    // A command line is not broken: it is there to be copied.
    expect(
      wide.filter((line) => !/^ {2}(source <\()?(\S+ )*mcpkey /.test(line) && !line.startsWith('usage: ')),
    ).toEqual([]);
  });
});
