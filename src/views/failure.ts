import type { ErrorDocument } from '../errors.ts';
import type { Io } from '../io.ts';

/** One failure among several: what failed, on what, and what to do next. On stderr, also with `--quiet`. */
export function printFailure(io: Io, subject: string, error: Pick<ErrorDocument, 'message' | 'hint'>): void {
  io.say(`${io.color('red', '✗')} ${subject}: ${error.message}`);
  for (const line of error.hint?.split('\n') ?? []) io.say(`  ${line}`);
}
