/** The pages of `--help` and `mcpkey help`: usage, arguments, options, examples. Nothing is loaded but the command. */

import type { Command, CommandNode, CommandTree, OptionSpec, OptionSpecs } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { UserError } from './errors.ts';
import { GLOBAL_OPTIONS, longName } from './globals.ts';
import type { Host } from './host.ts';
import { palette } from './io/palette.ts';
import { printable, styled } from './io/text.ts';
import { wrapped } from './io/wrap.ts';
import { withNearest } from './nearest.ts';
import { usageLine } from './usageline.ts';
import { findCommand, visible } from './words.ts';

type Row = readonly [left: string, right: string];

const DEFAULT_WIDTH = 80;
const WIDEST = 100;

/** Prints the page of a command, of a noun, or of mcpkey as a whole. */
export async function printHelp(host: Host, words: readonly string[], node: CommandNode | undefined): Promise<void> {
  await print(host, await helpPage(words, node, widthOf(host)));
}

/** Prints what `mcpkey help WORDS…` is about. */
export async function printTopic(host: Host, topic: readonly string[]): Promise<void> {
  const page = await topicPage(topic, widthOf(host));
  const isProse = topic[0] === 'errors' || topic[0] === 'checks';
  await print(host, isProse && host.stdout.isTTY ? wrapped(page, widthOf(host), '  ') : page);
}

/** `errors`, `errors CODE`, `checks`, `checks ID`, or the words of a command. Throws `usage` or `not_found` for what there is not. */
export async function topicPage(topic: readonly string[], width: number): Promise<string> {
  const [first, ...others] = topic;
  if (first === 'checks') return (await import('./help/checks.ts')).checkTopic(others[0]);
  if (first === 'errors') return (await import('./help/errors.ts')).errorTopic(others[0]);
  if (first !== undefined && !Object.hasOwn(COMMANDS, first) && !first.startsWith('-')) throw noTopic(first);
  const { words, node } = findCommand(topic, COMMANDS);
  return helpPage(words, node, Math.min(width, WIDEST));
}

function noTopic(word: string): UserError {
  const all = [...visible(COMMANDS), 'errors', 'checks'];
  return new UserError('usage', withNearest(`There is no help about "${word}".`, word, all), {
    hint: 'mcpkey help lists what there is.',
  });
}

const widthOf = ({ stdout }: Host): number => Math.min(stdout.columns || DEFAULT_WIDTH, WIDEST);

async function print({ stdout, env, argv }: Host, page: string): Promise<void> {
  const colors = await palette(stdout, { env, noColor: argv.includes('--no-color') });
  stdout.write(`${printable(page, colors)}\n`);
}

/** The page's text, with styles marked; lines are wrapped to `width` columns. */
export async function helpPage(
  words: readonly string[],
  node: CommandNode | undefined,
  width = DEFAULT_WIDTH,
): Promise<string> {
  if (node === undefined) return overview(width);
  if ('load' in node) return commandPage(words, (await node.load()).command, width);
  return page([
    `${node.summary}.`,
    `usage: mcpkey ${words.join(' ')} COMMAND [options]`,
    section('Commands', commandRows(node.commands), width),
    `mcpkey help ${words.join(' ')} COMMAND shows one, with examples.`,
  ]);
}

/** Every page, nouns and hidden commands left out, in the order of the help. */
export async function allPages(): Promise<{ words: readonly string[]; text: string }[]> {
  const pages: { words: readonly string[]; text: string }[] = [{ words: [], text: await helpPage([], undefined) }];
  const walk = async (commands: CommandTree, above: readonly string[]): Promise<void> => {
    for (const name of visible(commands)) {
      const node = commands[name];
      const words = [...above, name];
      if (node !== undefined && 'commands' in node) await walk(node.commands, words);
      else pages.push({ words, text: await helpPage(words, node) });
    }
  };
  await walk(COMMANDS, []);
  return pages.map(({ words, text }) => ({ words, text: printable(text, undefined) }));
}

function overview(width: number): string {
  return page([
    'mcpkey gets, keeps, places, replaces and takes back the keys of MCP servers.',
    'usage: mcpkey COMMAND [options]',
    section('Commands', commandRows(COMMANDS), width),
    section('Options of every command', optionRows(GLOBAL_OPTIONS), width),
    section(
      'Examples',
      [
        ['mcpkey setup ai2fin --place cursor', 'log in, make a key, place it, check it'],
        ['mcpkey list --all-profiles', 'all keys, and when they end'],
        ['mcpkey verify stock/ci', 'who answers, and why not'],
        ['mcpkey doctor', 'what is wrong, and what mends it'],
      ],
      width,
    ),
    [
      'mcpkey help COMMAND shows one command, with examples.',
      'mcpkey help errors lists the error and exit codes.',
      'mcpkey help checks lists what mcpkey doctor looks at.',
    ].join('\n'),
  ]);
}

function commandPage(words: readonly string[], command: Command, width: number): string {
  return page([
    wrap(`${command.summary.replace(/\.$/, '')}.`, width).join('\n'),
    usageLine(words, command),
    command.details === undefined ? '' : wrap(command.details, width).join('\n'),
    section(
      'Arguments',
      (command.arguments ?? []).map(({ name, summary }) => [name, summary]),
      width,
    ),
    section('Options', optionRows(command.options ?? {}), width),
    section('Options of every command', optionRows(GLOBAL_OPTIONS), width),
    section(
      'Examples',
      command.examples.map(({ run, does }) => [run, does]),
      width,
    ),
  ]);
}

const page = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n');

function commandRows(commands: CommandTree): Row[] {
  return visible(commands).map((name) => [name, commands[name]?.summary ?? '']);
}

function optionRows(specs: OptionSpecs): Row[] {
  return Object.entries(specs).map(([key, spec]) => [optionWords(key, spec), spec.summary]);
}

function optionWords(key: string, spec: OptionSpec<unknown>): string {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  return `${short}${longName(key)}${spec.kind === 'flag' ? '' : ` ${spec.value ?? 'VALUE'}`}`;
}

/** Rows in two columns; where the left ones are long, the right ones stand below them. */
function section(title: string, rows: readonly Row[], width: number): string {
  if (rows.length === 0) return '';
  const widest = Math.max(...rows.map(([left]) => left.length));
  const indent = widest > width * 0.45 ? 6 : widest + 4;
  const lines = rows.flatMap(([left, right]) => {
    const [first = '', ...others] = wrap(right, width - indent);
    const beside = left.length + 4 <= indent;
    const head = beside ? `  ${left.padEnd(indent - 2)}${first}` : `  ${left}\n${' '.repeat(indent)}${first}`;
    return [head, ...others.map((line) => `${' '.repeat(indent)}${line}`)];
  });
  return [styled('bold', title), ...lines].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
