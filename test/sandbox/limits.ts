/** A service's limit of requests in a window of time, counted for each credential. */

export interface RateLimit {
  readonly requests: number;
  /** Milliseconds; a minute unless told. */
  readonly window?: number;
}

export interface Limiter {
  /** Counts one request. Milliseconds since 1970 when the window ends where this one is too many, else undefined. */
  hit(credential: string): number | undefined;
}

export function createLimiter(limit: RateLimit): Limiter {
  const windows = new Map<string, { ends: number; count: number }>();
  return {
    hit(credential) {
      const now = Date.now();
      const known = windows.get(credential);
      const current =
        known !== undefined && known.ends > now ? known : { ends: now + (limit.window ?? 60_000), count: 0 };
      current.count += 1;
      windows.set(credential, current);
      return current.count > limit.requests ? current.ends : undefined;
    },
  };
}

/** Whole seconds from now until `time`, at least one. */
export const secondsUntil = (time: number): number => Math.max(1, Math.ceil((time - Date.now()) / 1000));
