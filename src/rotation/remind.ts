/** After a crash, the next command says that there is something to resume. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { eachLeft } from '../keys/pending.ts';
import { countAbandoned } from './journal.ts';

type Parts = Pick<Context, 'paths' | 'locks' | 'now' | 'shared' | 'host'>;

/** One line, where something waits that nobody works on; one look into one folder where there is nothing. */
export async function rotationReminder(context: Parts): Promise<string | undefined> {
  const rotations = (await countAbandoned(context)) + (await countShared(context));
  const creations = await countLeft(context);
  if (rotations + creations === 0) return undefined;
  const what = [counted(rotations, 'rotation'), counted(creations, 'creation of a key', 'creations of keys')];
  const were = rotations + creations === 1 ? 'was' : 'were';
  const text = what.filter((part) => part !== '').join(' and ');
  return `${text} ${were} left in the middle. Next: mcpkey rotate --resume`.replace(/^a/, 'A');
}

/** What any machine left; one that cannot be asked now is told by whatever needs it. */
async function countShared(context: Parts): Promise<number> {
  const shared = await context.shared();
  if (!shared) return 0;
  const { countLeftInStore } = await import('./shared-journals.ts');
  return countLeftInStore(shared, context).catch((error: unknown) => {
    if (error instanceof UserError) return 0;
    throw error;
  });
}

const counted = (count: number, one: string, several = `${one}s`): string =>
  count === 0 ? '' : count === 1 ? `a ${one}` : `${count} ${several}`;

async function countLeft(context: Pick<Context, 'paths' | 'locks'>): Promise<number> {
  let count = 0;
  await eachLeft(context, async () => {
    count += 1;
    return false;
  });
  return count;
}
