import { inspect } from 'node:util';

/**
 * A value that must not be shown. It prints as `[secret]` wherever it is printed by accident; only `reveal()`
 * gives the value, so every use can be found with `grep reveal`.
 */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

const MASK = '[secret]';
/** Shorter values are not searched for in output: they would mask ordinary words. */
const MIN_REDACTED_LENGTH = 6;
const known = new Set<string>();

/** Wraps `value`; from now on `redact` masks it in every text. */
export function secret(value: string): Secret {
  if (value.length >= MIN_REDACTED_LENGTH) know(value);
  return {
    reveal: () => value,
    toString: () => MASK,
    toJSON: () => MASK,
    [inspect.custom]: () => MASK,
  } as Secret;
}

/** What is masked, by its first characters, the longest first; no form is shorter than that many. */
const forms = new Map<string, string[]>();
/** Pairs of characters that something to be masked begins with, so that most places of a text need no closer look. */
const beginnings = new Uint8Array(256 * 256);

function know(value: string): void {
  if (known.has(value)) return;
  known.add(value);
  for (const form of new Set(formsOf(value))) {
    const first = form.slice(0, MIN_REDACTED_LENGTH);
    const alike = [...(forms.get(first) ?? []), form].sort((one, other) => other.length - one.length);
    forms.set(first, alike);
    beginnings[pairAt(form, 0)] = 1;
  }
}

/** By their low bytes: others may share a place, which costs a look. */
const pairAt = (text: string, at: number): number =>
  ((text.charCodeAt(at) & 255) << 8) | (text.charCodeAt(at + 1) & 255);

/**
 * `text` with every secret made in this process masked: in the clear, URL-encoded, base64, and as JSON writes it. One
 * walk over the text, however many secrets there are: a run over a thousand keys knows thousands.
 */
export function redact(text: string): string {
  let masked = '';
  /** Up to here it is masked, or copied. */
  let done = 0;
  for (let at = 0; at <= text.length - MIN_REDACTED_LENGTH; at += 1) {
    if (beginnings[pairAt(text, at)] === 0) continue;
    const alike = forms.get(text.slice(at, at + MIN_REDACTED_LENGTH));
    const form = alike?.find((each) => text.startsWith(each, at));
    if (form === undefined) continue;
    // One that begins within another is part of the same mask, and its end goes too.
    if (at >= done) masked += text.slice(done, at) + MASK;
    done = Math.max(done, at + form.length);
  }
  return done === 0 ? text : masked + text.slice(done);
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // Half a surrogate pair cannot be URL-encoded; as bytes it is U+FFFD.
  return [value, encodeURIComponent(bytes.toString()), bytes.toString('base64'), JSON.stringify(value).slice(1, -1)];
}
