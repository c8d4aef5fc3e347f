/** From the words typed to the command at work: read its options, build its context, run it. */
import { setMaxListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Command, Input } from './command.ts';
import { parseCommandLine } from './commandline.ts';
import type { Context, GlobalOptions } from './context.ts';
import { parseDuration } from './duration.ts';
import { Cancelled, EXIT_CODES, isSystemError, retell, UserError } from './errors.ts';
import type { GlobalValues } from './globals.ts';
import type { Host } from './host.ts';
import { createIo } from './io/create.ts';
import { createContext } from './setup.ts';
import { namesIn } from './system/leftovers.ts';
import { filled } from './typed.ts';
import type { Invocation } from './words.ts';

export async function start(host: Host, invocation: Invocation, command: Command): Promise<number> {
  const { input, globals } = await parseCommandLine(command, invocation.words, invocation.tokens);
  const signals = watchSignals(host, command);
  try {
    const context = await makeContext(host, command, globals, signals.signal);
    return await context.io.during('Working', () => run(context, { invocation, command, input }));
  } finally {
    signals.end();
  }
}

interface Work {
  readonly invocation: Invocation;
  readonly command: Command;
  readonly input: Input;
}

async function run(context: Context, { invocation, command, input }: Work): Promise<number> {
  // An unknown store is refused also where none is needed: nothing is quietly ignored.
  if (context.options.store !== undefined) await context.vault.kind(context.options.store);
  if (command.hot !== true) {
    const isShared = needsShared(invocation.words[0], input.options) && (await context.shared()) !== undefined;
    if (isShared) await (await import('./shared/refresh.ts')).refreshShared(context);
    await recover(context, invocation.words[0], isShared);
  }
  const code = (await command.run(context, input).catch(withKey(command, input))) ?? 0;
  if (command.hot !== true) await warnEarly(context, invocation.words[0]);
  return code;
}

/** What to do next, with the key that was typed in the place of `KEY`. */
const withKey =
  ({ arguments: specs = [] }: Command, { args }: Input) =>
  (error: unknown): never => {
    const keys = args.filter((_, index) => (specs[index] ?? specs.at(-1))?.completes === 'key');
    const [ref] = keys;
    // A binding stands for no key yet where a hint asks for one.
    const isNamed = ref !== undefined && keys.length === 1 && !ref.startsWith('@');
    if (!isNamed || !(error instanceof UserError) || error.hint === undefined) throw error;
    throw retell(error, { hint: filled(error.hint, { ref }) });
  };

/** Prints a secret to a program, or is itself the screen that tells it. */
const NO_WARNING: ReadonlySet<string | undefined> = new Set(['get', undefined]);

async function warnEarly(context: Context, word: string | undefined): Promise<void> {
  const { json, quiet } = context.options;
  if (json || quiet || NO_WARNING.has(word)) return;
  const line = await (await import('./doctor/early.ts')).earlyWarning(context);
  if (line !== undefined) context.io.say(line);
}

async function makeContext(host: Host, command: Command, globals: GlobalValues, signal: AbortSignal): Promise<Context> {
  const { env, stdin, stdout, stderr } = host;
  const options = globalOptions(host, command, globals);
  const { json, quiet, verbose, noInput, yes } = options;
  const progress = command.ownTerminal !== true;
  const settings = { json, quiet, verbose, noInput, yes, progress, noColor: globals.noColor };
  const io = await createIo({ stdin, stdout, stderr, env, signal, ...settings });
  return createContext({ env, io, options, signal, cwd: currentFolder(host), platform: host.platform });
}

function currentFolder(host: Host): string {
  try {
    return host.cwd();
  } catch (cause) {
    throw new UserError('conflict', 'The current folder is not there any more.', { hint: 'cd ~', cause });
  }
}

function globalOptions({ stdin, env }: Host, command: Command, globals: GlobalValues): GlobalOptions {
  const { profile, store, json, yes, quiet, verbose } = globals;
  const ci = env.CI ?? '';
  return {
    profile,
    store,
    json,
    yes,
    quiet,
    verbose,
    noInput: globals.noInput || stdin.isTTY !== true || !['', '0', 'false'].includes(ci),
    timeout: duration(globals.timeout, '--timeout') ?? command.timeout,
    maxWait: duration(globals.maxWait, '--max-wait'),
  };
}

function duration(text: string | undefined, option: string): number | undefined {
  const milliseconds = text === undefined ? undefined : parseDuration(text, option);
  if (milliseconds !== 0 || option !== '--timeout') return milliseconds;
  throw new UserError('usage', 'No attempt is done in no time at all.', { hint: '--timeout 30s' });
}

/** Not for what is answered without the network, or changes which store that is. */
const needsShared = (word: string | undefined, options: Readonly<Record<string, unknown>>): boolean =>
  word !== 'store' && word !== 'log' && word !== 'clients' && word !== 'provider' && options.local !== true;

/** Mends what a crash in the middle of a change left, and tells of what it cannot; loaded only where there may be a journal. */
async function recover(context: Context, word: string | undefined, isShared: boolean): Promise<void> {
  // A lock that outlived its process is the first sign of a crash.
  if ((await namesIn(context.paths.locks)).length > 0) await context.locks.sweep?.().catch(leaveIt);
  const isLeft = await hasEntries(context.paths.journals);
  if (!isLeft && !isShared) return;
  if (isLeft) {
    const { recoverPlacements } = await import('./placement/recover.ts');
    for (const line of await recoverPlacements(context)) context.io.say(line);
    const { revokeLeftKeys } = await import('./exec/left.ts');
    for (const line of await revokeLeftKeys(context)) context.io.say(line);
  }
  if (word === 'rotate' || context.options.json || context.options.quiet) return;
  const { rotationReminder } = await import('./rotation/remind.ts');
  const line = await rotationReminder(context);
  if (line !== undefined) context.io.say(line);
}

/** Clearing up keeps no command from its work: a lock that this one needs is complained of where it is taken. */
function leaveIt(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

async function hasEntries(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The first signal asks the command to stop; a second one ends the process at once. */
function watchSignals(host: Host, command: Command): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  // Every request of the command listens; many at once are no leak.
  setMaxListeners(0, controller.signal);
  const listener = (): void => {
    if (controller.signal.aborted) host.exit(EXIT_CODES.interrupted);
    else controller.abort(new Cancelled());
  };
  const signals = command.ownSignals === true ? [] : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const);
  for (const signal of signals) host.on(signal, listener);
  return {
    signal: controller.signal,
    end() {
      for (const signal of signals) host.off(signal, listener);
    },
  };
}
