import { UserError } from './errors.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30s`, `15m`, `24h`, `90d`. Throws `usage`, naming `option` where given. */
export function parseDuration(text: string, option?: string): number {
  const found = /^(\d{1,9})(s|m|h|d)$/.exec(text);
  const unit = found?.[2];
  if (!found || !(unit === 's' || unit === 'm' || unit === 'h' || unit === 'd')) {
    const where = option ? ` for ${option}` : '';
    throw new UserError('usage', `"${text}" is no duration${where}.`, { hint: 'Write 30s, 15m, 24h or 90d.' });
  }
  return Number(found[1]) * UNITS[unit];
}

/** No longer than so many ms, as people say it: `90d`, `89d`, `36h`, `90m`. What is no whole hours is rounded down. */
export function formatAtMost(milliseconds: number): string {
  if (milliseconds % UNITS.h === 0) return formatDuration(milliseconds);
  const unit = (['d', 'h', 'm'] as const).find((each) => milliseconds >= 2 * UNITS[each]) ?? 's';
  return `${Math.floor(milliseconds / UNITS[unit])}${unit}`;
}

/** The shortest exact writing of a duration in ms: `90d`, `36h`, `45s`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (milliseconds >= UNITS[unit] && milliseconds % UNITS[unit] === 0) return `${milliseconds / UNITS[unit]}${unit}`;
  }
  return `${Math.round(milliseconds / 1_000)}s`;
}

/** Seconds to wait as people say them, never fewer: `45 s`, `60 min`, `3 h`. */
export function formatWait(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7_200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3_600)} h`;
}

/** `just now`, `5 min ago`, `3 h ago`, `12 days ago`; `in …` for times to come. To the nearest. `now` in ms. */
export function formatAgo(time: string, now: number): string {
  const away = now - Date.parse(time);
  const size = Math.abs(away);
  if (size < UNITS.m) return 'just now';
  const said =
    size < 90 * UNITS.m
      ? `${Math.round(size / UNITS.m)} min`
      : size < 36 * UNITS.h
        ? `${Math.round(size / UNITS.h)} h`
        : `${Math.round(size / UNITS.d)} days`;
  return away > 0 ? `${said} ago` : `in ${said}`;
}
