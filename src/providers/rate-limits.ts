/** When a repeat may succeed, as the answer's headers tell it. */
import type { Manifest, RateLimitHeader } from './manifest.ts';

const USUAL: readonly RateLimitHeader[] = [{ header: 'X-RateLimit-Reset', format: 'auto' }];

/** Seconds until a repeat may succeed, rounded up; undefined where the answer does not say. `now` in ms. */
export function retryAfterOf(manifest: Pick<Manifest, 'rateLimit'>, headers: Headers, now: number): number | undefined {
  const milliseconds = readRetryAfter(headers.get('retry-after'), now) ?? readReset(manifest, headers, now);
  return milliseconds === undefined ? undefined : Math.max(0, Math.ceil(milliseconds / 1_000));
}

/** RFC 9110, section 10.2.3: seconds, or an HTTP date. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  return readWait(value, 'delta-seconds', now) ?? readWait(value, 'http-date', now);
}

function readReset(manifest: Pick<Manifest, 'rateLimit'>, headers: Headers, now: number): number | undefined {
  for (const { header, format } of manifest.rateLimit?.headers ?? USUAL) {
    const wait = readWait(headers.get(header), format, now);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

function readWait(value: string | null, format: RateLimitHeader['format'], now: number): number | undefined {
  if (value === null) return undefined;
  if (format === 'http-date')
    return /[A-Za-z]{3}/.test(value) && !Number.isNaN(Date.parse(value)) ? Date.parse(value) - now : undefined;
  const count = /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
  if (count === undefined) return undefined;
  if (format === 'delta-seconds') return count * 1_000;
  if (format === 'unix-milliseconds' || (format === 'auto' && count > 1e12)) return count - now;
  if (format === 'unix-seconds' || count > 1e9) return count * 1_000 - now;
  return count * 1_000;
}
