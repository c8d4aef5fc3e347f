/** A client's command as a line for a POSIX shell. */
import { shellWord } from '../typed.ts';
import type { EntryCommand } from './types.ts';

/** One line for a POSIX shell; variables stand before the command as `env` takes them. */
export function shellCommand(run: EntryCommand): string {
  const assignments = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
  const words = [...(assignments.length > 0 ? ['env', ...assignments] : []), run.command, ...run.args];
  return words.map(shellWord).join(' ');
}
