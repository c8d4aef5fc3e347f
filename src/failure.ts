/** One failure, told to a person or, with `--json`, to a program. */
import { Cancelled, EXIT_CODES, errorDocument, isSystemError, nextStep, UserError } from './errors.ts';
import { type Palette, printable, printableJson, redactValue, styled } from './io/text.ts';
import { wrapped } from './io/wrap.ts';
import { version } from './version.ts';

export interface FailureView {
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly json: boolean;
  readonly verbose: boolean;
  readonly palette: Palette | undefined;
  /** The report of a fault in mcpkey, where one was written. */
  readonly report?: string | undefined;
}

/** True where mcpkey itself is to blame. */
export const isFault = (thrown: unknown): boolean => !isCancelled(thrown) && toUserError(thrown).code === 'internal';

/** Prints what went wrong on stderr and returns the exit code. */
export function reportFailure(thrown: unknown, { stderr, json, verbose, palette, report }: FailureView): number {
  if (isCancelled(thrown)) {
    stderr.write(json ? `${jsonText({ error: interrupted })}\n` : 'interrupted\n');
    return EXIT_CODES.interrupted;
  }
  const error = toUserError(thrown, report);
  const lines = json ? [] : [messageLine(error, stderr), ...advice(error)];
  if (verbose) lines.push(...causes(thrown, error).map((line) => styled('dim', line)));
  if (lines.length > 0) stderr.write(`${printable(lines.join('\n'), palette)}\n`);
  if (json) stderr.write(`${jsonText({ error: errorDocument(error) })}\n`);
  return error.exitCode;
}

const interrupted = {
  code: 'interrupted',
  message: 'interrupted',
  hint: null,
  provider: null,
  status: null,
  retryAfter: null,
};

const jsonText = (value: unknown): string => printableJson(JSON.stringify(value, redactValue));

/** Commands to copy stand in hints, which are left as they are. */
function messageLine({ message }: UserError, { isTTY, columns }: FailureView['stderr']): string {
  const line = `${styled('red', 'error:')} ${message}`;
  return isTTY ? wrapped(line, columns ?? 80, '       ') : line;
}

/** What to do next, and where this kind of failure is explained. */
function advice(error: UserError): string[] {
  const page = `mcpkey help errors ${error.code}`;
  const hint = nextStep(error).replaceAll('\n', '\n      ');
  const lines = [`${styled('dim', 'hint:')} ${hint}`];
  return hint === page ? lines : [...lines, styled('dim', `more: ${page}`)];
}

/** True for Ctrl-C in all its forms: our own, a closed prompt, an aborted request. */
function isCancelled(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof Cancelled || error.name === 'ExitPromptError' || error.name === 'AbortPromptError')
      return true;
  }
  return false;
}

function toUserError(thrown: unknown, report?: string): UserError {
  if (thrown instanceof UserError) return thrown;
  const cause = thrown;
  if (isSystemError(thrown, ...Object.keys(MACHINE_FAULTS))) {
    const what = MACHINE_FAULTS[thrown.code ?? ''] ?? 'the system refused';
    const where = thrown.path === undefined ? '' : `: ${thrown.path}`;
    return new UserError('refused', `The system says no (${thrown.code}): ${what}${where}`, {
      hint: 'Nothing more was done. Mend that, and run the same command again.',
      cause,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new UserError('internal', `A fault in mcpkey ${version}: ${message}`, {
    hint:
      report === undefined
        ? 'Please report it, with what the same command prints with --verbose (secrets are masked there).'
        : `Please report it where you got mcpkey from, with this file (no secret is in it):\n${report}`,
    cause,
  });
}

/** What the machine, not mcpkey, is to blame for. */
const MACHINE_FAULTS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'input or output failed',
  EISDIR: 'a folder stands where a file should be',
  ENOTDIR: 'a file stands where a folder should be',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many links',
};

/** With `--verbose`: the stack of a fault, and each error that led to the one shown. */
function causes(thrown: unknown, shown: UserError): string[] {
  const lines: string[] = [];
  let error: unknown = shown === thrown ? shown.cause : thrown;
  for (let depth = 0; error instanceof Error && depth < 8; depth += 1) {
    lines.push(`caused by ${shown.code === 'internal' ? (error.stack ?? String(error)) : String(error)}`);
    error = error.cause;
  }
  return lines;
}
