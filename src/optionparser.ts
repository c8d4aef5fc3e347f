/** Reads options with commander; loaded only where an option was typed. */
import { CommanderError, Option, Command as Parser } from 'commander';
import type { OptionSpec, OptionSpecs } from './command.ts';
import { UserError } from './errors.ts';
import { longName } from './globals.ts';
import { withNearest } from './nearest.ts';

export interface Words {
  readonly args: readonly string[];
  /** By key of the specs; what was not given is absent. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** Throws `usage` with `hint` for an unknown option or a missing value. */
export function parseOptions(words: readonly string[], specs: OptionSpecs, hint: string): Words {
  const parser = build(specs, hint);
  try {
    parser.parse([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw told(error, specs, hint);
    throw error;
  }
  const found = parser.opts<Record<string, unknown>>();
  return { args: parser.args, given: Object.fromEntries(Object.keys(specs).map((key) => [key, take(key, found)])) };
}

function build(specs: OptionSpecs, hint: string): Parser {
  const parser = new Parser('mcpkey').exitOverride().helpOption(false).allowExcessArguments(true);
  parser.configureOutput({ writeOut: () => undefined, writeErr: () => undefined }).argument('[words...]');
  for (const [key, spec] of Object.entries(specs))
    parser.addOption(option(key, spec, (text) => checkValue(key, text, specs, hint)));
  return parser;
}

function option(key: string, spec: OptionSpec<unknown>, check: (text: string) => void): Option {
  const words = `${spec.short === undefined ? '' : `-${spec.short}, `}${longName(key)}`;
  if (spec.kind === 'flag') return new Option(words);
  return new Option(`${words} <${spec.value ?? 'VALUE'}>`).argParser((text: string, before: unknown) => {
    check(text);
    return spec.kind === 'list' ? [...(Array.isArray(before) ? before : []), text] : text;
  });
}

/** `--profile --json` is a forgotten value, not a profile of that name. */
function checkValue(key: string, text: string, specs: OptionSpecs, hint: string): void {
  const isOption =
    text.startsWith('--') && Object.keys(specs).some((other) => longName(other) === text.split('=', 1)[0]);
  if (text === '' || isOption) throw new UserError('usage', `${longName(key)} needs a value.`, { hint });
}

/** commander keeps `--no-browser` as `browser: false`. */
function take(key: string, found: Readonly<Record<string, unknown>>): unknown {
  const denied = /^no([A-Z])(.*)$/.exec(key);
  if (denied === null) return found[key];
  return found[`${denied[1]?.toLowerCase()}${denied[2]}`] === false;
}

/** What stands behind `=` is never repeated in a message: it may be a secret that someone typed. */
function told(error: CommanderError, specs: OptionSpecs, hint: string): UserError {
  if (error.code === 'commander.optionMissingArgument') {
    return new UserError('usage', `${/--[\w-]+/.exec(error.message)?.[0] ?? 'An option'} needs a value.`, { hint });
  }
  const name = /'([^'=\s]+)/.exec(error.message)?.[1] ?? '';
  const names = Object.keys(specs).map(longName);
  if (names.includes(name)) return new UserError('usage', `${name} takes no value.`, { hint });
  return new UserError('usage', withNearest(`There is no option ${name}.`, name, names), { hint });
}
