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
const revealed = new Set<string>();

/** Wraps `value`; from now on `redact` masks it in every text. */
export function secret(value: string): Secret {
  if (value.length >= MIN_REDACTED_LENGTH) revealed.add(value);
  return {
    reveal: () => value,
    toString: () => MASK,
    toJSON: () => MASK,
    [inspect.custom]: () => MASK,
  } as Secret;
}

/** `text` with every secret made in this process masked: in the clear, URL-encoded, base64, and as JSON writes it. */
export function redact(text: string): string {
  let masked = text;
  // The longest first: what begins with another secret must not leave its end behind.
  for (const form of [...revealed].flatMap(formsOf).sort((a, b) => b.length - a.length)) {
    if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
  }
  return masked;
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // Half a surrogate pair cannot be URL-encoded; as bytes it is U+FFFD.
  return [value, encodeURIComponent(bytes.toString()), bytes.toString('base64'), JSON.stringify(value).slice(1, -1)];
}
