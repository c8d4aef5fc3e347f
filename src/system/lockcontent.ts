/** What stands in a lock's file: who holds it. */
import type { ProcessIdentity } from './process.ts';

export interface LockContent extends ProcessIdentity {
  readonly token: string;
}

/** Undefined for what is no lock of ours, or not wholly written. */
export function parseContent(text: string): LockContent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isContent(value) ? value : undefined;
}

function isContent(value: unknown): value is LockContent {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, start, boot, host, token } = value as Record<keyof LockContent, unknown>;
  const textOrNull = (field: unknown) => field === null || typeof field === 'string';
  return (
    Number.isSafeInteger(pid) &&
    textOrNull(start) &&
    textOrNull(boot) &&
    typeof host === 'string' &&
    typeof token === 'string'
  );
}
