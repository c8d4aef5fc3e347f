/** After a crash, the next command says that there is something to resume. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { eachLeft } from '../keys/pending.ts';
import { type Abandoned, countAbandoned } from './journal.ts';

type Parts = Pick<Context, 'paths' | 'locks' | 'now' | 'shared' | 'host'>;

/** One line, where something waits that nobody works on; one look into one folder where there is nothing. */
export async function rotationReminder(context: Parts): Promise<string | undefined> {
  const own = await countAbandoned(context);
  const shared = await countShared(context);
  const making = await countCreations(context);
  return inWords({
    rotations: own.rotations + shared.rotations,
    creations: making.creations,
    damaged: own.damaged + shared.damaged + making.damaged,
  });
}

interface Waiting extends Abandoned {
  readonly creations: number;
}

function inWords({ rotations, creations, damaged }: Waiting): string | undefined {
  const left = [counted(rotations, 'rotation'), counted(creations, 'creation of a key', 'creations of keys')]
    .filter((part) => part !== '')
    .join(' and ');
  const unread = counted(damaged, 'journal of unfinished work', 'journals of unfinished work');
  const were = rotations + creations === 1 ? 'was' : 'were';
  const told = [left && `${left} ${were} left in the middle`, unread && `${unread} cannot be read`];
  const text = told.filter((part) => part !== '').join(', and ');
  if (text === '') return undefined;
  // Doctor names the file, and what else there is to end.
  const next = damaged > 0 ? 'mcpkey doctor --check rotation.pending' : 'mcpkey rotate --resume';
  return `${text}. Next: ${next}`.replace(/^a/, 'A');
}

/** What any machine left; one that cannot be asked now is told by whatever needs it. */
async function countShared(context: Parts): Promise<Abandoned> {
  const shared = await context.shared();
  const nothing = { rotations: 0, damaged: 0 };
  if (!shared) return nothing;
  const { countLeftInStore } = await import('./shared-journals.ts');
  return countLeftInStore(shared, context).catch((error: unknown) => {
    if (error instanceof UserError) return nothing;
    throw error;
  });
}

const counted = (count: number, one: string, several = `${one}s`): string =>
  count === 0 ? '' : count === 1 ? `a ${one}` : `${count} ${several}`;

/** The first damaged journal hides the others of its kind. */
async function countCreations(context: Pick<Context, 'paths' | 'locks'>): Promise<Omit<Waiting, 'rotations'>> {
  let creations = 0;
  try {
    await eachLeft(context, async () => {
      creations += 1;
      return false;
    });
    return { creations, damaged: 0 };
  } catch (error) {
    if (error instanceof UserError) return { creations, damaged: 1 };
    throw error;
  }
}
