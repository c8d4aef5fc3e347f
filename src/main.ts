/** argv in, exit code out; the only catch. */
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import type { Host } from './host.ts';
import { version } from './version.ts';
import { findCommand, type Invocation, refuseBareNoun } from './words.ts';

/** Runs one command line and resolves to its exit code. Never rejects. */
export async function main(host: Host): Promise<number> {
  const argv = host.argv.slice(2);
  const output = watchOutput(host);
  // In the middle of something that nobody awaits: told like every other fault, and the end.
  host.on('uncaughtException', (error) => void tellFailure(error, host).then((code) => host.exit(code)));
  try {
    const invocation = findCommand(argv, COMMANDS);
    const code = (await printPage(host, invocation)) ?? (await runCommand(host, invocation));
    await written(host.stdout);
    if (output.fault !== undefined) throw output.fault;
    return code;
  } catch (error) {
    return await tellFailure(error, host);
  }
}

async function tellFailure(error: unknown, host: Host): Promise<number> {
  const [{ isFault, reportFailure }, { palette }] = await Promise.all([
    import('./failure.ts'),
    import('./io/palette.ts'),
  ]);
  const flags = earlyFlags(host.argv.slice(2));
  const colors = await palette(host.stderr, { env: host.env, noColor: flags.noColor });
  const report = isFault(error)
    ? await (await import('./faultreport.ts')).writeFaultReport(error, host, Date.now())
    : undefined;
  return reportFailure(error, { stderr: host.stderr, ...flags, palette: colors, report });
}

/** `--version` and help, for which nothing is set up; undefined where a command should run. */
async function printPage(host: Host, invocation: Invocation): Promise<number | undefined> {
  const { words, node, tokens, help } = invocation;
  const isTopic = words[0] === 'help' && !tokens.some((token) => token.startsWith('-'));
  if (invocation.version) host.stdout.write(`${tokens.includes('--json') ? JSON.stringify({ version }) : version}\n`);
  else if (help) await (await import('./help.ts')).printHelp(host, words, node);
  else if (isTopic) await (await import('./help.ts')).printTopic(host, tokens);
  else return undefined;
  return 0;
}

async function runCommand(host: Host, invocation: Invocation): Promise<number> {
  refuseBareNoun(invocation);
  const [{ start }, command] = await Promise.all([import('./start.ts'), loadCommand(host, invocation)]);
  return start(host, invocation, command);
}

/** The named command; with no name, the state of this machine on a terminal, and the help elsewhere. */
async function loadCommand({ stdout }: Host, { node }: Invocation): Promise<Command> {
  if (node !== undefined && 'load' in node) return (await node.load()).command;
  if (stdout.isTTY) return (await import('./commands/state.ts')).command;
  return (await import('./commands/help.ts')).command;
}

/** Resolves when all that was printed has left, or could not. */
function written(stdout: Host['stdout']): Promise<void> {
  return new Promise((resolve) => stdout.write('', () => setImmediate(resolve)));
}

/** What a failure needs to know, also where the command line could not be parsed. */
function earlyFlags(argv: readonly string[]): { json: boolean; verbose: boolean; noColor: boolean } {
  const end = argv.indexOf('--');
  const words = new Set(argv.slice(0, end < 0 ? undefined : end));
  return {
    json: words.has('--json'),
    verbose: words.has('-v') || words.has('--verbose'),
    noColor: words.has('--no-color'),
  };
}

/** A reader that went away (EPIPE) is no failure: what was begun is ended, unheard. Any other fault is told. */
function watchOutput({ stdout, stderr }: Host): { readonly fault: Error | undefined } {
  const seen: { fault: Error | undefined } = { fault: undefined };
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') seen.fault ??= error;
  });
  stderr.on('error', () => undefined);
  return seen;
}
