/** One command's own command line, parsed by commander. */
import { CommanderError, Option, Command as Parser } from 'commander';
import type { Command, Input, OptionSpec, OptionSpecs, OptionValues } from './command.ts';
import { UserError } from './errors.ts';
import { GLOBAL_OPTIONS, type GlobalValues, longName } from './globals.ts';
import { withNearest } from './nearest.ts';
import { usageLine } from './usageline.ts';

export interface Parsed {
  readonly input: Input;
  readonly globals: GlobalValues;
}

/** Throws `usage` for an unknown option, a missing value, or too few or too many arguments. */
export function parseCommandLine(command: Command, words: readonly string[], tokens: readonly string[]): Parsed {
  const { own, rest } = split(command, tokens);
  const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command.options };
  const parser = build(specs);
  const hint = `${usageLine(words, command)}\nmcpkey help ${words.join(' ')} shows all of it, with examples.`;
  try {
    parser.parse([...own], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw told(error, specs, hint);
    throw error;
  }
  checkCount(command, parser.args, hint);
  const given = parser.opts<Record<string, unknown>>();
  return {
    input: { args: parser.args, options: read(command.options ?? {}, given), rest },
    globals: read(GLOBAL_OPTIONS, given),
  };
}

function split(command: Command, tokens: readonly string[]): { own: readonly string[]; rest: readonly string[] } {
  const end = tokens.indexOf('--');
  if (command.passthrough !== true || end < 0) return { own: tokens, rest: [] };
  return { own: tokens.slice(0, end), rest: tokens.slice(end + 1) };
}

function build(specs: OptionSpecs): Parser {
  const parser = new Parser('mcpkey').exitOverride().helpOption(false).allowExcessArguments(true);
  parser.configureOutput({ writeOut: () => undefined, writeErr: () => undefined }).argument('[words...]');
  for (const [key, spec] of Object.entries(specs)) parser.addOption(option(key, spec, specs));
  return parser;
}

function option(key: string, spec: OptionSpec<unknown>, specs: OptionSpecs): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const name = longName(key);
  if (spec.kind === 'flag') return new Option(`${short}${name}`);
  return new Option(`${short}${name} <${spec.value ?? 'VALUE'}>`).argParser((text: string, before: unknown) => {
    if (text === '' || isOption(text, specs))
      throw new UserError('usage', `${name} needs a value: ${spec.value ?? 'VALUE'}.`);
    return spec.kind === 'list' ? [...(Array.isArray(before) ? before : []), text] : text;
  });
}

/** `--profile --json` is a forgotten value, not a profile of that name. */
function isOption(text: string, specs: OptionSpecs): boolean {
  return text.startsWith('--') && Object.keys(specs).some((key) => longName(key) === text.split('=', 1)[0]);
}

/** A word behind `=` or too many is never repeated in a message: it may be a secret that someone typed. */
function told(error: CommanderError, specs: OptionSpecs, hint: string): UserError {
  const name = /'([^'=\s]+)/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.optionMissingArgument') {
    const long = /--[\w-]+/.exec(error.message)?.[0] ?? name;
    return new UserError('usage', `${long} needs a value.`, { hint });
  }
  const names = Object.keys(specs).map(longName);
  if (names.includes(name)) return new UserError('usage', `${name} takes no value.`, { hint });
  return new UserError('usage', withNearest(`There is no option ${name}.`, name, names), { hint });
}

function checkCount(command: Command, args: readonly string[], hint: string): void {
  const specs = command.arguments ?? [];
  const missing = specs.filter(({ required }) => required === true)[args.length];
  if (missing !== undefined) throw new UserError('usage', `${missing.name} is missing: ${missing.summary}.`, { hint });
  if (args.length <= specs.length || specs.at(-1)?.variadic === true) return;
  const most = specs.length === 0 ? 'no argument' : specs.map(({ name }) => name).join(' and ');
  throw new UserError('usage', `Too many arguments: the command takes ${most}.`, { hint });
}

function read<O extends OptionSpecs>(specs: O, given: Readonly<Record<string, unknown>>): OptionValues<O> {
  const entries = Object.entries(specs).map(([key, { kind }]) => [key, readOne(key, kind, given)]);
  return Object.fromEntries(entries);
}

function readOne(key: string, kind: OptionSpec<unknown>['kind'], given: Readonly<Record<string, unknown>>): unknown {
  if (kind === 'value') return given[key];
  if (kind === 'list') return given[key] ?? [];
  // commander keeps `--no-browser` as `browser: false`.
  const denied = /^no([A-Z])(.*)$/.exec(key);
  if (denied === null) return given[key] === true;
  return given[`${denied[1]?.toLowerCase()}${denied[2]}`] === false;
}
