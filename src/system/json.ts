import { isUtf8 } from 'node:buffer';
import { UserError } from '../errors.ts';
import { typed } from '../typed.ts';
import { faultOffset } from './jsonfault.ts';

/**
 * Parses a JSON file of mcpkey's own. Throws `bad_config_file` with path, line and column where it does not parse; the
 * text itself is in no message.
 */
export function parseOwnJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const before = text.slice(0, faultOffset(text)).split('\n');
    throw brokenFile(path, `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: not valid JSON`);
  }
}

/** The text of a file of mcpkey's own. Throws `bad_config_file` where it is not UTF-8, which reading would change. */
export function ownText(bytes: Buffer, path: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw brokenFile(path, 'not UTF-8');
}

/** A file of mcpkey's own that is not as mcpkey wrote it. */
export function brokenFile(path: string, what: string): UserError {
  return new UserError('bad_config_file', `${path}: ${what}. It was left as it is.`, {
    hint: typed`Mend the file, or move it away: mv ${path} ${`${path}.broken`}`,
  });
}
