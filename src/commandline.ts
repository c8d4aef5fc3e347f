/** One command's own command line: its arguments, its options, and those of every command. */
import type { ArgumentSpec, Command, Input, OptionSpecs, OptionValues } from './command.ts';
import { UserError } from './errors.ts';
import { GLOBAL_OPTIONS, type GlobalValues } from './globals.ts';
import type { Words } from './optionparser.ts';
import { typed } from './typed.ts';
import { usageLine } from './usageline.ts';

export interface Parsed {
  readonly input: Input;
  readonly globals: GlobalValues;
}

/** Throws `usage` for an unknown option, a missing value, or too few or too many arguments. */
export async function parseCommandLine(
  command: Command,
  words: readonly string[],
  tokens: readonly string[],
): Promise<Parsed> {
  const end = command.passthrough === true ? tokens.indexOf('--') : -1;
  const own = end < 0 ? tokens : tokens.slice(0, end);
  const hint = `${usageLine(words, command)}\nmcpkey ${['help', ...words].join(' ')} shows all of it, with examples.`;
  const { args, given } = await read(own, { ...GLOBAL_OPTIONS, ...command.options }, hint);
  checkCount(command, args, hint);
  const globals = fill(GLOBAL_OPTIONS, given);
  checkProfile(command, args, { named: globals.profile, words });
  return {
    input: { args, options: fill(command.options ?? {}, given), rest: end < 0 ? [] : tokens.slice(end + 1) },
    globals,
  };
}

/** The parser is loaded where an option was typed: programs start `get`, `headers` and `proxy` without any. */
async function read(words: readonly string[], specs: OptionSpecs, hint: string): Promise<Words> {
  if (!words.some((word) => word.startsWith('-'))) return { args: words, given: {} };
  const { parseOptions } = await import('./optionparser.ts');
  return parseOptions(words, specs, hint);
}

/** A word too many is not repeated in the message: it may be a secret that someone typed. */
function checkCount(command: Command, args: readonly string[], hint: string): void {
  const specs = command.arguments ?? [];
  const missing = specs.filter(({ required }) => required === true)[args.length];
  if (missing !== undefined) throw new UserError('usage', `${missing.name} is missing: ${missing.summary}.`, { hint });
  if (args.length <= specs.length || specs.at(-1)?.variadic === true) return;
  const most = specs.length === 0 ? 'no argument' : specs.map(({ name }) => name).join(' and ');
  throw new UserError('usage', `Too many arguments: the command takes ${most}.`, { hint });
}

/** Throws `usage` where a ref, or a profile's name, stands beside a `-p` that says otherwise: one of them was not meant. */
function checkProfile(
  { arguments: specs = [] }: Command,
  args: readonly string[],
  { named, words }: { readonly named: string | undefined; readonly words: readonly string[] },
): void {
  if (named === undefined) return;
  const other = args.find((word, index) => (profileIn(word, specs[index] ?? specs.at(-1)) ?? named) !== named);
  if (other === undefined) return;
  throw new UserError('usage', `-p ${named} and ${other} name two profiles.`, {
    hint: typed`Leave -p out: mcpkey ${[...words, other]}`,
  });
}

/** The profile that a word names by itself; a binding's is not known here. */
function profileIn(word: string, spec: ArgumentSpec | undefined): string | undefined {
  if (spec?.completes === 'profile' && spec.name === 'PROFILE') return word;
  const slash = word.indexOf('/');
  return spec?.completes === 'key' && slash > 0 && !word.startsWith('@') ? word.slice(0, slash) : undefined;
}

/** The specs say which type the value of each key has; the compiler cannot follow that through the parser. */
function fill<O extends OptionSpecs>(specs: O, given: Readonly<Record<string, unknown>>): OptionValues<O> {
  const absent = { flag: false, list: [], value: undefined };
  return Object.fromEntries(
    Object.entries(specs).map(([key, { kind }]) => [key, given[key] ?? absent[kind]]),
  ) as OptionValues<O>;
}
