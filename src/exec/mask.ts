/** Masks secrets in a stream of bytes, also where a secret is cut by the border of two chunks. */
import { Transform } from 'node:stream';
import type { Secret } from '../secret.ts';

const MASK = '[secret]';
/** Shorter values would mask ordinary words. */
const MIN_LENGTH = 4;

/** Takes text in pieces and gives it back masked; holds back only what may be the beginning of a secret. */
export interface Masker {
  push(piece: string): string;
  /** What was held back. */
  end(): string;
}

/** `needles` that are empty are passed over. The longest one that fits at a place wins. */
export function createMasker(needles: readonly string[]): Masker {
  const sorted = [...new Set(needles)].filter((needle) => needle !== '').sort((a, b) => b.length - a.length);
  let held = '';
  const mask = (text: string, safe: number): [masked: string, rest: string] => {
    let masked = '';
    let from = 0;
    for (let found = first(sorted, text, from); found && found.at < safe; found = first(sorted, text, from)) {
      masked += text.slice(from, found.at) + MASK;
      from = found.at + found.length;
    }
    const border = Math.max(from, safe);
    return [masked + text.slice(from, border), text.slice(border)];
  };
  return {
    push(piece) {
      const text = held + piece;
      const [masked, rest] = mask(text, text.length - longestBeginning(sorted, text));
      held = rest;
      return masked;
    },
    end() {
      const [masked] = mask(held, held.length);
      held = '';
      return masked;
    },
  };
}

function first(needles: readonly string[], text: string, from: number): { at: number; length: number } | undefined {
  let best: { at: number; length: number } | undefined;
  for (const needle of needles) {
    const at = text.indexOf(needle, from);
    if (at !== -1 && (!best || at < best.at)) best = { at, length: needle.length };
  }
  return best;
}

/** Length of the longest end of `text` that a needle may go on from. */
function longestBeginning(needles: readonly string[], text: string): number {
  let longest = 0;
  for (const needle of needles) {
    const most = Math.min(needle.length - 1, text.length);
    for (let length = most; length > longest; length -= 1) {
      if (text.endsWith(needle.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** The forms in which a program is likely to print a secret: as it is, in a URL, in JSON, in base64. */
export function formsOf(secrets: readonly Secret[]): string[] {
  return secrets
    .map((each) => each.reveal())
    .filter((value) => value.length >= MIN_LENGTH)
    .flatMap((value) => [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
      Buffer.from(value).toString('base64url'),
    ]);
}

/** The masker as a stream. Works on bytes, so output in any encoding passes unharmed. */
export function maskStream(forms: readonly string[]): Transform {
  const masker = createMasker(forms.map((form) => Buffer.from(form).toString('latin1')));
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(masker.push(chunk.toString('latin1')), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(masker.end(), 'latin1'));
    },
  });
}
