/** A server's own words, made fit to be shown: bounded, on one line, without control characters. */
import { find } from './pointers.ts';

const LONGEST = 300;
/** Where services put their words: RFC 6749, RFC 9457, JSON-RPC, FastAPI, and plain habit. */
const USUAL = [
  '/error/data/message',
  '/error/message',
  '/error_description',
  '/detail',
  '/detail/0/msg',
  '/message',
  '/title',
  '/error',
];

/** Text from a server as one clean line. */
export function cleanWords(text: string, longest = LONGEST): string {
  const line = text
    .slice(0, longest * 4)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** The service's words at `pointer`, else where services usually put them; undefined where there are none. */
export function ownWords(body: unknown, pointer?: string): string | undefined {
  for (const place of pointer === undefined ? USUAL : [pointer, ...USUAL]) {
    const value = find(body, place);
    if (typeof value === 'string' && value.trim() !== '') return cleanWords(value);
  }
  return undefined;
}
