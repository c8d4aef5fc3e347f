/** What could stand where the cursor is. Knows what can be typed from a table; names come through `Names`. */
import type { ArgumentSpec, Completion, OptionSpec } from './command.ts';
import { GLOBAL_OPTIONS, globalOptionLength, longName } from './globals.ts';

/** The table: completions/commands.json, made from the commands. */
export interface Specs {
  readonly commands: SpecTree;
  /** Ids of what is built in. */
  readonly clients: readonly string[];
  readonly stores: readonly string[];
}

export type SpecTree = Readonly<Record<string, SpecNode>>;

export type SpecNode =
  | { readonly summary: string; readonly commands: SpecTree }
  | { readonly summary: string; readonly hidden?: boolean | undefined; readonly spec: CommandSpec };

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
type OptionWords = Pick<OptionSpec<unknown>, 'kind' | 'summary'> &
  Optional<Pick<OptionSpec<unknown>, 'short' | 'completes'>>;
type OptionTable = Readonly<Record<string, OptionWords>>;
type ArgumentWords = Pick<ArgumentSpec, 'name' | 'summary'> & Optional<Pick<ArgumentSpec, 'variadic' | 'completes'>>;

export interface CommandSpec {
  readonly arguments?: readonly ArgumentWords[] | undefined;
  readonly options?: OptionTable | undefined;
  readonly passthrough?: boolean | undefined;
}

export interface Candidate {
  readonly word: string;
  readonly text?: string;
}

/** Names that exist on this machine now; `words` are the command's own, before the one at the cursor. */
export type Names = (kind: NameKind, words?: readonly string[]) => Promise<readonly string[]>;
type NameKind = Exclude<Completion, readonly string[] | 'file'>;

/** In place of a candidate: the shell shall offer files. */
export const FILES: Candidate = { word: ':files' };

/** `words` are those behind `mcpkey`; the last is the one at the cursor, empty where a new one begins. */
export async function complete(words: readonly string[], tree: SpecTree, names: Names): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const place = locate(before, tree);
  if (place === undefined) return [];
  if (place.pending !== undefined) return fitting(await values(place.pending.completes, names), current);
  if (place.verb === undefined) {
    const found = current.startsWith('-')
      ? optionCandidates(GLOBAL_OPTIONS, before)
      : commandCandidates(place.commands);
    return (await withAttachedValue(current, GLOBAL_OPTIONS, names)) ?? fitting(found, current);
  }
  if (before[0] === 'help') return fitting(await topics(before.slice(1), tree), current);
  return inCommand(place.verb.spec, place.verb.tokens, current, names);
}

interface Place {
  /** What may be named next; empty behind a verb. */
  readonly commands: SpecTree;
  readonly verb?: { readonly spec: CommandSpec; readonly tokens: readonly string[] };
  /** The option whose value comes next. */
  readonly pending?: OptionWords | undefined;
}

/** Where the words lead; undefined where they name nothing. */
function locate(words: readonly string[], tree: SpecTree): Place | undefined {
  let commands = tree;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word.startsWith('-')) {
      const length = globalOptionLength(word);
      if (length === 2 && index === words.length - 1) return { commands, pending: optionNamed(word, GLOBAL_OPTIONS) };
      index += Math.max(length, 1) - 1;
      continue;
    }
    const node = Object.hasOwn(commands, word) ? commands[word] : undefined;
    if (node === undefined) return undefined;
    if ('spec' in node) return { commands: {}, verb: { spec: node.spec, tokens: words.slice(index + 1) } };
    commands = node.commands;
  }
  return { commands };
}

/** What `help` explains besides commands: kinds of pages, and the pages of each. */
const PAGES: Readonly<Record<string, { readonly text: string; ids(): Promise<readonly string[]> }>> = {
  errors: {
    text: 'What an error code means, and what to do',
    ids: async () => Object.keys((await import('./errors.ts')).EXIT_CODES),
  },
  checks: {
    text: 'What a check of doctor looks at, and what to do',
    ids: async () => (await import('./doctor/ids.ts')).CHECK_IDS,
  },
};

async function topics(words: readonly string[], tree: SpecTree): Promise<readonly Candidate[]> {
  const [kind = '', ...more] = words;
  const page = Object.hasOwn(PAGES, kind) ? PAGES[kind] : undefined;
  if (page !== undefined) return more.length > 0 ? [] : (await page.ids()).map((word) => ({ word }));
  const commands = commandCandidates(within(words, tree));
  return words.length > 0
    ? commands
    : [...commands, ...Object.entries(PAGES).map(([word, { text }]) => ({ word, text }))];
}

/** The commands below a noun, for `help NOUN`. */
function within(words: readonly string[], tree: SpecTree): SpecTree {
  return words.reduce<SpecTree>((commands, word) => {
    const node: SpecNode | undefined = Object.hasOwn(commands, word) ? commands[word] : undefined;
    return node !== undefined && 'commands' in node ? node.commands : {};
  }, tree);
}

async function inCommand(
  command: CommandSpec,
  tokens: readonly string[],
  current: string,
  names: Names,
): Promise<readonly Candidate[]> {
  if (tokens.includes('--')) return command.passthrough === true ? [FILES] : [];
  const specs: OptionTable = { ...GLOBAL_OPTIONS, ...command.options };
  const attached = withAttachedValue(current, specs, names);
  if (attached !== undefined) return attached;
  const { count, pending } = read(tokens, specs);
  if (pending !== undefined) return fitting(await values(pending.completes, names), current);
  if (current.startsWith('-')) return fitting(optionCandidates(specs, tokens), current);
  const { completes } = argumentAt(command.arguments ?? [], count) ?? {};
  return fitting(await values(completes, (kind) => names(kind, tokens)), current);
}

function argumentAt(specs: readonly ArgumentWords[], index: number): ArgumentWords | undefined {
  const last = specs.at(-1);
  return specs[index] ?? (last?.variadic === true ? last : undefined);
}

/** How many arguments stand in `tokens`, and the option whose value comes next. */
function read(tokens: readonly string[], specs: OptionTable): { count: number; pending: OptionWords | undefined } {
  let count = 0;
  let pending: OptionWords | undefined;
  for (const token of tokens) {
    if (pending !== undefined) pending = undefined;
    else if (token.startsWith('-') && token !== '-') {
      const spec = token.includes('=') ? undefined : optionNamed(token, specs);
      pending = spec === undefined || spec.kind === 'flag' ? undefined : spec;
    } else count += 1;
  }
  return { count, pending };
}

function optionNamed(word: string, specs: OptionTable): OptionWords | undefined {
  const found = Object.entries(specs).find(([key, { short }]) =>
    word.startsWith('--') ? longName(key) === word : short !== undefined && word.endsWith(short),
  );
  return found?.[1];
}

/** `--store=a`: what could follow the sign; undefined where `current` is no such word. */
function withAttachedValue(
  current: string,
  specs: OptionTable,
  names: Names,
): Promise<readonly Candidate[]> | undefined {
  const sign = current.indexOf('=');
  if (!current.startsWith('--') || sign < 0) return undefined;
  const name = current.slice(0, sign);
  return values(optionNamed(name, specs)?.completes, names).then((found) =>
    fitting(
      found.map((candidate) => (candidate === FILES ? FILES : { word: `${name}=${candidate.word}` })),
      current,
    ),
  );
}

async function values(completes: Completion | undefined, names: Names): Promise<readonly Candidate[]> {
  if (completes === undefined) return [];
  if (completes === 'file') return [FILES];
  const words = typeof completes === 'string' ? await names(completes) : completes;
  return words.map((word) => ({ word }));
}

function commandCandidates(commands: SpecTree): Candidate[] {
  return Object.entries(commands).flatMap(([word, node]) =>
    'hidden' in node && node.hidden ? [] : [{ word, text: node.summary }],
  );
}

/** Options that may still be given: a flag or value that stands there already is not offered again. */
function optionCandidates(specs: OptionTable, given: readonly string[]): Candidate[] {
  return Object.entries(specs)
    .filter(([key, { kind }]) => kind === 'list' || !given.includes(longName(key)))
    .map(([key, { summary }]) => ({ word: longName(key), text: summary }));
}

function fitting(candidates: readonly Candidate[], current: string): readonly Candidate[] {
  return candidates.filter((candidate) => candidate === FILES || candidate.word.startsWith(current));
}
