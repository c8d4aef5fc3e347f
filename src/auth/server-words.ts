/** What login servers say, made fit to be shown, and what they mean when they take no requests. */
import { UserError } from '../errors.ts';
import { retryAfter } from './retry-after.ts';

const LONGEST = 300;

/** A server's own words on one line, bounded. */
export function serverWords(text: string): string {
  const line = text
    .slice(0, LONGEST * 4)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** For 429 and 5xx: `rate_limited` or `server_error`, with the wait that the server names. `now` in ms. */
export function overloaded(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  server: string,
  now: number,
  says = '',
): UserError {
  const wait = retryAfter(headers, now);
  if (status === 429) {
    return new UserError('rate_limited', `${server} takes no more requests for now.${says}`, {
      status,
      retryAfter: wait,
      hint: 'Wait, then try again; --max-wait lets mcpkey wait longer.',
    });
  }
  const message = `${server} answers with HTTP ${status}.${says}`;
  return new UserError('server_error', message, { status, retryAfter: wait, hint: 'Try again later.' });
}
