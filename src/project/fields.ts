/** Faults of a server's settings in the words of mcpkey.json: `up` has no options for them. */
import { retell, type UserError } from '../errors.ts';
import { typed } from '../typed.ts';
import type { ProjectServer } from './schema.ts';

const FIELDS: Readonly<Record<string, string>> = {
  url: '"url"',
  'mcp-url': '"mcpUrl"',
  org: '"org"',
  header: '"header"',
  dashboard: '"dashboard"',
  'key-pattern': '"keyPattern"',
  scope: '"scopes"',
  expires: '"expires"',
};

/** `--mcp-url URL`; with the word that stands for its value. */
const OPTION = /--([a-z][a-z-]*)(?: (?:URL|ORG|NAME|RE|SCOPE)\b)?/g;

/** A project's file names no command. */
const LOCAL = /, or --command COMMAND(?: with --env VAR)?/;

/** A hint that is a command to run stays as it is. */
export function inFields(error: UserError, wish: ProjectServer): UserError {
  if (error.code !== 'usage') return error;
  const told = (text: string) =>
    /mcpkey [^\n]*--/.test(text)
      ? text
      : text.replace(LOCAL, '').replace(OPTION, (whole, name: string) => FIELDS[name] ?? whole);
  const { hint } = error;
  const message = told(error.message);
  if (hint === undefined) return retell(error, { message });
  return retell(error, { message, hint: hint.includes('--allow-http') ? allowing(wish) : told(hint) });
}

/** No project's file may allow it for itself. */
function allowing({ provider, profile, url, mcpUrl }: ProjectServer): string {
  const at = Object.entries({ '-p': profile, '--url': url, '--mcp-url': mcpUrl });
  const words = at.flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
  return typed`Use https in mcpkey.json, or allow it here for a profile of that address: mcpkey profile add ${[provider, ...words]} --allow-http   and then: mcpkey up`;
}
