/** Commands as remedies print them. */
import type { UserError } from '../../errors.ts';
import type { Placement } from '../../ledger.ts';
import { ENV_FILE } from '../../placement/target.ts';
import { filled, shellWord } from '../../typed.ts';

/** The command that writes a placement's entry again; `changes` make it another one. */
export function placeCommand(
  ref: string,
  placement: Placement,
  changes: { readonly mode?: string; readonly client?: string; readonly force?: boolean } = {},
): string {
  const { client, scope, server, dir, path, mode } = placement;
  if (client === ENV_FILE) return line(['place', ref, client, '--file', path, '--var', server]);
  const words = ['place', ref, changes.client ?? client, '--mode', changes.mode ?? mode];
  if (scope !== 'user') words.push('--scope', scope);
  if (dir !== null) words.push('--dir', dir);
  if (server !== ref.slice(0, ref.indexOf('/'))) words.push('--name', server);
  if (mode === 'env' && changes.mode === undefined && placement.variable) words.push('--var', placement.variable);
  if (changes.force) words.push('--force');
  return line(words);
}

export const line = (words: readonly string[]): string => ['mcpkey', ...words].map(shellWord).join(' ');

/** `2026-11-22 17:56 UTC`, of an RFC 3339 time. */
export const minuteOf = (time: string): string => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
};

/** An error's hint as a remedy: the command alone where it begins with one, else its words. What it is about is named. */
export function remedyOf(
  error: UserError,
  about: { readonly profile?: string; readonly ref?: string } = {},
): string | null {
  const hint = error.hint === undefined ? undefined : filled(error.hint, about);
  if (hint === undefined) return null;
  if (!hint.startsWith('mcpkey ')) return hint;
  const [command = '', ...more] = hint.split(/ {2,}|\n/);
  return more.length === 0 && !/[A-Z]{3,}/.test(command) ? command : `Run ${hint}`;
}
