const DAY = 86_400_000;

/** `2026-11-20`, in the machine's own time zone, of an RFC 3339 time. */
export function formatDate(time: string): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `12 days ago`; `in …` for times to come. `now` in ms. */
export function formatAgo(time: string, now: number): string {
  const away = now - Date.parse(time);
  const size = Math.abs(away);
  if (size < 60_000) return 'just now';
  const said =
    size < 3_600_000
      ? `${Math.floor(size / 60_000)} min`
      : size < DAY
        ? `${Math.floor(size / 3_600_000)} h`
        : days(size);
  return away > 0 ? `${said} ago` : `in ${said}`;
}

const days = (size: number) => (size < 2 * DAY ? '1 day' : `${Math.floor(size / DAY)} days`);
