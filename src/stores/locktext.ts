/** What stands in a lock that machines share: who holds it, and whether that one is dead. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { parseContent } from '../system/lockcontent.ts';
import { isGone, ownIdentity } from '../system/process.ts';
import type { StorePorts } from './types.ts';

export type LockText = Readonly<Record<'token' | 'host' | 'holder', string>>;

/** A word of its own, who we are for those who wait, and which process for those of this machine. */
export async function lockText({ env }: Pick<StorePorts, 'env'>): Promise<LockText> {
  const token = randomBytes(8).toString('hex');
  const holder = JSON.stringify({ ...(await ownIdentity()), token });
  return { token, host: env.MCPKEY_MACHINE || hostname(), holder };
}

/** Undefined for what is no lock of ours. */
export function parseLock(value: Buffer): object | undefined {
  try {
    const lock: unknown = JSON.parse(value.toString('utf8'));
    return typeof lock === 'object' && lock !== null ? lock : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const hostOf = (lock: object | undefined): string =>
  lock && 'host' in lock ? String(lock.host).slice(0, 100) : 'another machine';

/** True where the holder ran on this machine and is no more: its lock has not yet ended, and nobody works under it. */
export async function isLeft(lock: unknown): Promise<boolean> {
  if (typeof lock !== 'object' || lock === null || !('holder' in lock)) return false;
  const holder = typeof lock.holder === 'string' ? parseContent(lock.holder) : undefined;
  return holder !== undefined && (await isGone(holder));
}
