/** A key that ends soon, told while there is time to rotate it: at the start, then once a day for as long as the proxy runs. */
import { SOON } from '../keys/ending.ts';
import { typed } from '../typed.ts';

export interface EndingPorts {
  readonly ref: string;
  /** When the key ends now, as it stands in the ledger; null: never, or unknown. */
  endsAt(): Promise<string | null>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Resolves with what to say, at most once a day; undefined where there is nothing to say. */
export type Reminder = () => Promise<string | undefined>;

const DAY = 86_400_000;

export function createReminder({ ref, endsAt, now }: EndingPorts): Reminder {
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    // A clock that was set back must not silence it for good.
    if (Math.abs(now() - lookedAt) < DAY) return undefined;
    lookedAt = now();
    const end = await endsAt();
    const left = end === null ? Number.POSITIVE_INFINITY : Date.parse(end) - now();
    return left > SOON || Number.isNaN(left)
      ? undefined
      : `The key ${ref} ${ends(left)}. ${typed`Run: mcpkey rotate ${ref}`}`;
  };
}

function ends(left: number): string {
  if (left <= 0) return 'has ended';
  if (left < DAY) return 'ends in less than a day';
  const days = Math.floor(left / DAY);
  return `ends in ${days} day${days === 1 ? '' : 's'}`;
}
