/** After a crash, the next command says that there is something to resume. */
import type { Context } from '../context.ts';
import { countAbandoned } from './journal.ts';

/** One line, where a rotation waits that nobody works on; one look into one folder where there is none. */
export async function rotationReminder(context: Pick<Context, 'paths'>): Promise<string | undefined> {
  const count = await countAbandoned(context);
  if (count === 0) return undefined;
  const what = count === 1 ? 'A rotation was' : `${count} rotations were`;
  return `${what} left in the middle. Next: mcpkey rotate --resume`;
}
