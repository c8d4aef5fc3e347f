/** A project's name, and the refs that its shared files use. */
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { readText } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';

export const PROJECT_FILE = 'mcpkey.json';

/** `name` in the project's mcpkey.json, else the folder's name. Throws `bad_config_file`, `usage` for a name that no ref can hold. */
export async function projectName(dir: string): Promise<string> {
  const path = join(dir, PROJECT_FILE);
  const text = await readText(path);
  const named = text === undefined ? undefined : nameIn(parseOwnJson(text, path), path);
  return checkName(named ?? basename(dir), `The project name (the folder's, or "name" in ${PROJECT_FILE})`);
}

function nameIn(document: unknown, path: string): string | undefined {
  if (typeof document !== 'object' || document === null) throw brokenFile(path, 'not a JSON object');
  if (!('name' in document)) return undefined;
  if (typeof document.name === 'string') return document.name;
  throw brokenFile(path, '"name" is not a text');
}

/** Throws `usage` where a server's or project's name cannot stand in a ref. */
export function checkName(name: string, what: string): string {
  const wrong =
    name.trim() === ''
      ? 'is empty'
      : /[/\u0000-\u001f\u007f-\u009f]/.test(name) || name.startsWith('@')
        ? 'has a / or control characters, or begins with @'
        : undefined;
  if (wrong || name === '__proto__') {
    throw new UserError('usage', `${what} ${JSON.stringify(name)} ${wrong ?? 'cannot be used'}.`, {
      hint: 'Use letters, digits, "-", "_" and ".".',
    });
  }
  return name;
}

export const bindingRef = (project: string, server: string): string => `@${project}/${server}`;
