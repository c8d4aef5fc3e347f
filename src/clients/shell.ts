/** Words for a POSIX shell. */
import type { EntryCommand } from './types.ts';

/** One line for a POSIX shell; variables stand before the command as `env` takes them. */
export function shellCommand(run: EntryCommand): string {
  const assignments = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
  const words = [...(assignments.length > 0 ? ['env', ...assignments] : []), run.command, ...run.args];
  return words.map(shellWord).join(' ');
}

/** As it stands where the shell reads it so, else in quotes. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
