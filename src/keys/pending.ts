/**
 * Keys that are being made. From before the request until the key is kept, or known not to be there, a journal stands
 * on the disk: so that no key is left at a service which nobody knows of, wherever the command is cut short.
 */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Journal, journalNames, openJournal, readJournals } from '../journal.ts';
import { removeFile } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';

/** Kind of these journals. */
const PENDING = 'create';

export interface Pending {
  /** RFC 3339 UTC; when the service was asked. */
  readonly at: string;
  readonly profile: string;
  readonly name: string;
  /** As it is sent to the service. */
  readonly label: string;
  readonly mark: string;
  /** The record of the vault that its secret will be in. */
  readonly secret: string;
}

type Parts = Pick<Context, 'paths' | 'locks'>;

/** Who makes the key holds the lock: what nobody holds was left. */
const lockName = (mark: string): string => `creation ${mark}`;

/**
 * Runs `work` with the journal. Whatever it throws but an interruption, a fault of ours, or a failure with `unanswered`
 * says that there is no key, and the journal goes.
 */
export async function whilePending<T>(
  context: Parts,
  pending: Pending,
  work: (journal: Journal<Pending>) => Promise<T>,
): Promise<T> {
  return context.locks.with(lockName(pending.mark), async () => {
    const journal = await openJournal(context.paths.journals, PENDING, pending, pending.mark);
    try {
      const made = await work(journal);
      await journal.close();
      return made;
    } catch (error) {
      if (error instanceof UserError && !error.unanswered) await journal.close();
      throw error;
    }
  });
}

/** One look into one folder where nothing was left. */
export const hasPending = async ({ paths }: Pick<Context, 'paths'>): Promise<boolean> =>
  (await journalNames(paths.journals, PENDING)).length > 0;

interface Left {
  readonly pending: Pending;
  readonly path: string;
}

/** The oldest first. Throws `bad_config_file`. */
async function readLeft({ paths }: Pick<Context, 'paths'>): Promise<readonly Left[]> {
  const journals = await readJournals(paths.journals, PENDING);
  const left = journals.flatMap(({ path, records: [first] }) =>
    first === undefined ? [] : [{ path, pending: asPending(first, path) }],
  );
  return left.sort((one, other) => (one.pending.at < other.pending.at ? -1 : 1));
}

/**
 * Calls `work` for each creation that was left, under its lock; those that another process works on are passed over.
 * Where it resolves to true, the journal goes.
 */
export async function eachLeft(context: Parts, work: (pending: Pending) => Promise<boolean>): Promise<void> {
  if (!(await hasPending(context))) return;
  for (const { pending, path } of await readLeft(context)) {
    await unlessHeld(context, pending.mark, async () => {
      const isStill = (await readLeft(context)).some((each) => each.path === path);
      if (isStill && (await work(pending))) await removeFile(path);
    });
  }
}

async function unlessHeld({ locks }: Parts, mark: string, work: () => Promise<void>): Promise<void> {
  let begun = false;
  const run = () => {
    begun = true;
    return work();
  };
  try {
    await locks.with(lockName(mark), run, { wait: 0 });
  } catch (error) {
    if (begun || !(error instanceof UserError) || error.code !== 'conflict') throw error;
  }
}

const TEXTS = ['at', 'profile', 'name', 'label', 'mark', 'secret'] as const satisfies readonly (keyof Pending)[];

function asPending(value: unknown, path: string): Pending {
  if (isPending(value)) return value;
  throw brokenFile(path, 'line 1: not the record of a key that is being made');
}

function isPending(value: unknown): value is Pending {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof Pending, unknown>> = value;
  return TEXTS.every((field) => typeof fields[field] === 'string');
}
