/** Hands a secret to a command of the person's: on stdin, never in its arguments or its environment. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { createMasker, formsOf } from '../exec/mask.ts';
import { redact, type Secret } from '../secret.ts';
import { runShell, type ShellResult } from '../system/shell.ts';

/** What the command may know besides the secret; it is in its environment. */
export interface Handing {
  /** A line of the system's shell. */
  readonly command: string;
  /** Absolute; the command runs there. */
  readonly dir: string;
  readonly ref: string;
  readonly newId: string;
  readonly oldId?: string | undefined;
  /** What to do where it fails. */
  readonly hint: string;
}

/** Milliseconds that a command may take without `--timeout`. */
const USUAL_TIME = 60_000;
/** Characters of what a failed command said. */
const SHOWN = 300;

/** Throws `refused` where the command fails, hangs or cannot be started, with the end of what it said, masked. */
export async function handOn(
  context: Pick<Context, 'env' | 'options' | 'signal'>,
  handing: Handing,
  value: Secret,
): Promise<void> {
  const { command, dir, ref, newId, oldId = '', hint } = handing;
  const timeout = context.options.timeout ?? USUAL_TIME;
  const result = await runShell(command, {
    input: value.reveal(),
    env: { ...context.env, MCPKEY_REF: ref, MCPKEY_OLD_ID: oldId, MCPKEY_NEW_ID: newId },
    cwd: dir,
    timeout,
    signal: context.signal,
  });
  if (result.ended === 'exited' && result.code === 0) return;
  const words = said(result, value);
  const what = failureOf(result, { timeout, dir });
  throw new UserError('refused', `The command "${redact(command)}" ${what}${words ? `: ${words}` : '.'}`, { hint });
}

function failureOf({ ended, code }: ShellResult, { timeout, dir }: { timeout: number; dir: string }): string {
  if (ended === 'too-long') return `was not done after ${Math.round(timeout / 1_000)} s, and was ended`;
  if (ended === 'not-started') return `could not be started in ${dir}`;
  return code === null ? 'was ended by a signal' : `ended with exit code ${code}`;
}

/** Secrets are masked before the text is cut, lest a part of one is left. */
function said({ stdout, stderr }: ShellResult, value: Secret): string {
  const masker = createMasker(formsOf([value]));
  const text = stderr.trim() || stdout.trim();
  const masked = redact(masker.push(text) + masker.end());
  return masked.length > SHOWN ? `…${masked.slice(-SHOWN)}` : masked;
}
