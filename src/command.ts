import type { Context } from './context.ts';

/** How one option takes its value; `T` is what the command gets. */
export interface OptionSpec<T> {
  readonly kind: 'flag' | 'value' | 'list';
  /** Name of the value in help, in capitals: `DURATION`. */
  readonly value?: string;
  readonly short?: string;
  readonly summary: string;
  /** Ids that complete this value: `key`, `profile`, `client`, `provider`, `store`. */
  readonly completes?: Completion;
  /** Never set: carries `T` for the compiler. */
  readonly type?: T;
}

/** `subject`: whose finding `--accept ID` is about. */
export type Completion =
  | 'key'
  | 'profile'
  | 'client'
  | 'provider'
  | 'store'
  | 'target'
  | 'subject'
  | 'file'
  | readonly string[];

type Extra = { short?: string; completes?: Completion };

export const flag = (summary: string, extra: Extra = {}): OptionSpec<boolean> => ({ kind: 'flag', summary, ...extra });
export const value = (name: string, summary: string, extra: Extra = {}): OptionSpec<string | undefined> => ({
  kind: 'value',
  value: name,
  summary,
  ...extra,
});
export const list = (name: string, summary: string, extra: Extra = {}): OptionSpec<string[]> => ({
  kind: 'list',
  value: name,
  summary,
  ...extra,
});

export interface ArgumentSpec {
  /** As shown in help: `KEY`. */
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  readonly variadic?: boolean;
  readonly completes?: Completion;
}

export interface Example {
  readonly run: string;
  readonly does: string;
}

/** Keys are the long option names in camelCase: `maxWait` is `--max-wait`; `noBrowser` is `--no-browser` (a flag that is true when given). */
export type OptionSpecs = Record<string, OptionSpec<unknown>>;
export type OptionValues<O extends OptionSpecs> = { [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never };

export interface Input<O extends OptionSpecs = OptionSpecs> {
  /** The positional words as typed. Their number was checked against `arguments`. */
  readonly args: readonly string[];
  readonly options: OptionValues<O>;
  /** What stood behind `--`, for commands with `passthrough`. */
  readonly rest: readonly string[];
}

/** One verb: what help shows of it, and what it does. Its file exports it as `command`. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  readonly summary: string;
  readonly details?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: O;
  readonly examples: readonly Example[];
  /** Words behind `--` are handed over untouched. */
  readonly passthrough?: boolean;
  /** Started by programs, in a hurry: leaves what a crash left to another command. */
  readonly hot?: boolean;
  /** A child or a client has the terminal meanwhile: nothing is drawn on it. */
  readonly ownTerminal?: boolean;
  /** Milliseconds that an attempt may take without `--timeout`; 30 s where absent. */
  readonly timeout?: number;
  /** Deals with SIGINT and SIGTERM itself (hands them on to a child); main then neither aborts nor ends on them. */
  readonly ownSignals?: boolean;
  /** Resolves to the exit code; nothing means 0. Throws `UserError` or `Cancelled`. */
  run(context: Context, input: Input<O>): Promise<number | undefined>;
}

/** Keeps the option types of a command literal. */
export function defineCommand<const O extends OptionSpecs>(command: Command<O>): Command {
  return command as unknown as Command;
}

/** A node of the tree in commands/index.ts: a verb, loaded when used, or a noun with verbs below it. */
export type CommandNode =
  | { readonly summary: string; readonly load: () => Promise<{ command: Command }>; readonly hidden?: boolean }
  | { readonly summary: string; readonly commands: Readonly<Record<string, CommandNode>> };

export type CommandTree = Readonly<Record<string, CommandNode>>;
