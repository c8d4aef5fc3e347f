import { UserError } from '../errors.ts';
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
    throw brokenFile(`${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`, 'is no valid JSON', path);
  }
}

/** `where` is the path, with line and column where they are known. */
export function brokenFile(where: string, what: string, path: string): UserError {
  return new UserError('bad_config_file', `${where} ${what}`, {
    hint: `mend the file, or move it away to start anew: mv '${path}' '${path}.broken'`,
  });
}
