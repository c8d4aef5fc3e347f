const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/** `2026-11-20`, in the machine's own time zone, of an RFC 3339 time. */
export function formatDate(time: string): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `2026-11-20 14:05:09`, in the machine's own time zone. */
export function formatMoment(time: string): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${formatDate(time)} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `12 days ago`; `in …` for times to come. To the nearest. `now` in ms. */
export function formatAgo(time: string, now: number): string {
  const away = now - Date.parse(time);
  const size = Math.abs(away);
  if (size < MINUTE) return 'just now';
  const said =
    size < 90 * MINUTE
      ? `${Math.round(size / MINUTE)} min`
      : size < 36 * HOUR
        ? `${Math.round(size / HOUR)} h`
        : `${Math.round(size / DAY)} days`;
  return away > 0 ? `${said} ago` : `in ${said}`;
}

/** `2026-11-20 (in 4 days)`. */
export const formatBoth = (time: string, now: number): string => `${formatDate(time)} (${formatAgo(time, now)})`;
