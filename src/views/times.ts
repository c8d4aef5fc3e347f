import { formatAgo } from '../duration.ts';

export { formatAgo };

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

/** `2026-11-20 (in 4 days)`. */
export const formatBoth = (time: string, now: number): string => `${formatDate(time)} (${formatAgo(time, now)})`;
