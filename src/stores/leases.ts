/** Locks that end with their holder, and the fences that keep a holder from writing after its lock has ended. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import type { HeldLock } from '../system/types.ts';

/** What a lock still has to be for a write to hold. */
export interface Fence<Condition = unknown> {
  /** For the store's own conditional write; undefined where it has none. */
  readonly condition: Condition;
  /** Throws `conflict` where the lock was lost. */
  verify(): Promise<void>;
  /**
   * Where `verify` need not ask each time: a write on its condition, sent at this time (`performance.now()`), has held;
   * undefined: one has not.
   */
  learned?(heldAt: number | undefined): void;
}

export interface Lease {
  readonly fence: Fence;
  /** The lock is free from now on. A lock that was lost is left to who has it. */
  release(): Promise<void>;
}

/** Seconds that a lock outlives its holder's last sign of life. */
export const LEASE = 10;
/** Milliseconds between two signs of life. */
export const BEAT = 3_000;
const DEFAULT_WAIT = 30_000;
const POLL_MIN = 50;
const POLL_MAX = 250;

/** The locks that the work at hand runs under: each of its writes is made on condition of them. */
const held = new AsyncLocalStorage<readonly Fence[]>();

export const heldFences = (): readonly Fence[] => held.getStore() ?? [];

/** `take` gets the lock, or says who has it. */
export async function underLease<T>(
  name: string,
  take: () => Promise<Lease | { readonly holder: string }>,
  work: (lock: HeldLock) => Promise<T>,
  wait = DEFAULT_WAIT,
): Promise<T> {
  const deadline = Date.now() + wait;
  for (;;) {
    const lease = await take();
    if ('release' in lease) {
      const { fence } = lease;
      try {
        return await held.run([...heldFences(), fence], () => work({ verify: () => fence.verify() }));
      } finally {
        await lease.release().catch(ignoreStoreFault);
      }
    }
    const left = deadline - Date.now();
    if (left <= 0) {
      throw new UserError('conflict', `${name} is in use on ${lease.holder}.`, {
        hint: `Wait until it has ended, and try again. What a machine that died left is free after ${LEASE} s.`,
      });
    }
    await sleep(Math.min(left, POLL_MIN + Math.random() * (POLL_MAX - POLL_MIN)));
  }
}

export const lostLock = (name: string): UserError =>
  new UserError('conflict', `${name} was taken over by another machine while this one stood still or was cut off.`, {
    hint: 'Run the command again.',
  });

/** The lease ends by itself. */
function ignoreStoreFault(error: unknown): void {
  const known = error instanceof UserError && (error.code === 'store_unavailable' || error.code === 'store_locked');
  if (!known) throw error;
}
