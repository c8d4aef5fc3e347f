/**
 * Gathers what is asked for while `work` is busy, and hands it over together when that has ended; so what costs the same
 * for one and for many (a lock, a flush) is paid once. Resolves to the answer at the same place; a failure is everyone's.
 */
export function batched<T, R>(work: (items: readonly T[]) => Promise<readonly R[]>): (item: T) => Promise<R> {
  let waiting: T[] = [];
  let next: Promise<readonly R[]> | undefined;
  let running: Promise<unknown> = Promise.resolve();

  function begin(): Promise<readonly R[]> {
    const items = waiting;
    waiting = [];
    next = undefined;
    return work(items);
  }

  return async (item) => {
    const place = waiting.push(item) - 1;
    next ??= running.then(begin, begin);
    running = next;
    const answer = (await next)[place];
    if (answer === undefined) throw new Error('each item has its answer');
    return answer;
  };
}
