/** Finds which command is meant, without loading any. */
import type { CommandNode, CommandTree } from './command.ts';
import { UserError } from './errors.ts';
import { GLOBAL_OPTIONS, globalOptionLength, longName } from './globals.ts';
import { withNearest } from './nearest.ts';

export interface Invocation {
  /** The words that name the command: `['profile', 'add']`. */
  readonly words: readonly string[];
  /** Undefined where no command was named. */
  readonly node: CommandNode | undefined;
  /** All other words: global options that stood before the command, and what stands behind it. */
  readonly tokens: readonly string[];
  /** `--version` stood before any command. */
  readonly version: boolean;
  readonly help: boolean;
}

/** Throws `usage` for an unknown command or an unknown option before the command, with the nearest name. */
export function findCommand(argv: readonly string[], tree: CommandTree): Invocation {
  const words: string[] = [];
  const tokens: string[] = [];
  let node: CommandNode | undefined;
  let index = 0;
  for (; index < argv.length && !isVerb(node); index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (word === '--version' && words.length === 0) return { words, node, tokens, version: true, help: false };
    if (word.startsWith('-') && word !== '-') {
      const length = knownLength(word, words);
      tokens.push(...argv.slice(index, index + length));
      index += length - 1;
    } else {
      node = child(word, words, node, tree);
      words.push(word);
    }
  }
  tokens.push(...argv.slice(index));
  return { words, node, tokens, version: false, help: asksForHelp(tokens) };
}

const isVerb = (node: CommandNode | undefined): boolean => node !== undefined && 'load' in node;

function asksForHelp(tokens: readonly string[]): boolean {
  const end = tokens.indexOf('--');
  return tokens.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

function knownLength(word: string, words: readonly string[]): number {
  const length = globalOptionLength(word);
  if (length > 0) return length;
  const [name = word, given] = word.split('=', 2);
  if (given !== undefined && globalOptionLength(name) === 1) {
    throw new UserError('usage', `${name} takes no value.`, { hint: `Write ${name} alone.` });
  }
  throw new UserError(
    'usage',
    withNearest(`There is no option ${name}.`, name, Object.keys(GLOBAL_OPTIONS).map(longName)),
    {
      hint: `Options of a command stand behind its name; mcpkey ${['help', ...words].join(' ')} lists them.`,
    },
  );
}

function child(word: string, words: readonly string[], node: CommandNode | undefined, tree: CommandTree): CommandNode {
  const commands = node !== undefined && 'commands' in node ? node.commands : tree;
  const found = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (found !== undefined) return found;
  const typed = ['mcpkey', ...words, word].join(' ');
  throw new UserError('usage', withNearest(`There is no command "${typed}".`, word, visible(commands)), {
    hint: `mcpkey ${['help', ...words].join(' ')} lists what there is.`,
  });
}

/** Throws `usage` where a noun stands without its verb. */
export function refuseBareNoun({ words, node }: Invocation): void {
  if (node === undefined || 'load' in node) return;
  const noun = words.join(' ');
  throw new UserError('usage', `mcpkey ${noun} needs one of: ${visible(node.commands).join(', ')}.`, {
    hint: `mcpkey help ${noun}`,
  });
}

/** Names of the commands that a person is told about. */
export function visible(commands: CommandTree): string[] {
  return Object.keys(commands).filter((name) => {
    const node = commands[name];
    return node !== undefined && !('hidden' in node && node.hidden === true);
  });
}
