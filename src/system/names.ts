import { createHash } from 'node:crypto';

/** File systems allow 255 bytes; this leaves room for suffixes (`.json`, a temporary file's random part). */
const LONGEST = 150;
/** Device names that Windows takes even with a suffix. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;

/**
 * A file name for any name a person may choose: `[a-z0-9_.-]` stand for themselves, every other byte (UTF-8) is `%xx`.
 * Capitals are encoded too, so two names never meet on a file system that ignores case. A name too long ends in
 * `~` and a part of its SHA-256. The result matches `SAFE_NAME`.
 */
export function encodeName(name: string): string {
  let encoded = '';
  for (const byte of Buffer.from(name)) {
    const char = String.fromCharCode(byte);
    encoded += /[a-z0-9_.-]/.test(char) ? char : hex(byte);
  }
  if (encoded === '' || encoded.startsWith('.') || RESERVED.test(encoded)) {
    encoded = encoded === '' ? '%' : hex(encoded.charCodeAt(0)) + encoded.slice(1);
  }
  if (encoded.endsWith('.')) encoded = `${encoded.slice(0, -1)}${hex(0x2e)}`;
  if (encoded.length <= LONGEST) return encoded;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${encoded.slice(0, LONGEST - 33)}~${digest}`;
}

/** What `encodeName` yields; a name of this form is one step of a path and nothing more. */
export const SAFE_NAME = /^[a-z0-9_%-][a-z0-9_.%~-]*$/;

function hex(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}
