import { type Ended, handOver } from '../system/handover.ts';
import { formsOf, maskStream } from './mask.ts';
import type { Assignment } from './variables.ts';

export interface RunWithSecrets {
  /** The environment to add to. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly assignments: readonly Pick<Assignment, 'variable' | 'value'>[];
  /** Masks what goes to something that is no terminal; a person at a terminal sees what the program shows. */
  readonly mask: boolean;
}

/** Runs `command` to its end with the secrets in its environment, and in no other place. */
export function runWithSecrets(command: string, args: readonly string[], options: RunWithSecrets): Promise<Ended> {
  const { assignments, mask } = options;
  const env = { ...options.env };
  for (const { variable, value } of assignments) env[variable] = value.reveal();
  const forms = formsOf(assignments.map((each) => each.value));
  const filter = (stream: { readonly isTTY?: boolean }) =>
    mask && stream.isTTY !== true ? maskStream(forms) : undefined;
  return handOver({ command, args, env, stdout: filter(process.stdout), stderr: filter(process.stderr) });
}
