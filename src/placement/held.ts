/** The locks of a change of several files. */
import type { Context } from '../context.ts';
import type { HeldLock } from '../system/types.ts';

/** The lock of every change, and that of each file by its path. */
export interface Held {
  readonly own: HeldLock;
  readonly files: ReadonlyMap<string, HeldLock>;
}

/** Runs `work` under the locks of all the paths, which are sorted so that two commands never wait for each other. */
export async function underAll<T>(
  context: Pick<Context, 'locks'>,
  [first, ...rest]: readonly string[],
  held: Held,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  if (first === undefined) return work(held);
  return context.locks.withFile(first, (lock) =>
    underAll(context, rest, { ...held, files: new Map([...held.files, [first, lock]]) }, work),
  );
}
