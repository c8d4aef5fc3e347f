import { UserError } from '../errors.ts';
import { folder, inProject, pathsOf } from './folders.ts';
import { type Entry, readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientMachine, EntryRequest, EntrySite } from './types.ts';

/**
 * https://developers.openai.com/codex/mcp; openai/codex, codex-rs/config/src/mcp_types.rs. `headers` would be ignored
 * without a word. It runs its helper again on a 401, and sends nothing where that fails.
 */
const shape: Shape = {
  title: 'OpenAI Codex',
  remote: {},
  helper: 'http_headers_helper',
  fields: { headers: ['http_headers'] },
};

/** What it starts gets hardly any variable; these lead to the keychain on Linux. */
const HANDED_ON = ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'];

const own = (machine: ClientMachine): string => folder(machine, 'CODEX_HOME', '.codex');

function entryOf(request: EntryRequest, site: EntrySite): Entry {
  if (request.mode === 'env') return variableEntry(request);
  const entry = shapedEntry(shape, request);
  if (request.mode !== 'proxy' && request.mode !== 'wrap') return entry;
  // What people share says the same on every system; mcpkey finds the bus where it usually is.
  if (site.platform !== 'linux' || site.scope === 'project') return entry;
  const names = HANDED_ON.filter((name) => !(name in request.run.env));
  return names.length > 0 ? { ...entry, env_vars: names } : entry;
}

/** It takes names of variables, and puts nothing before their values but `Bearer `. */
function variableEntry(request: Extract<EntryRequest, { mode: 'env' }>): Entry {
  if ('run' in request) {
    const names = Object.keys(request.variables);
    const other = Object.entries(request.variables).find(([name, source]) => name !== source);
    if (other) {
      throw new UserError('unsupported', `${shape.title} hands a variable on by its own name alone.`, {
        hint: `Use --var ${other[0]}, or --mode wrap.`,
      });
    }
    return { ...shapedEntry(shape, { mode: 'plain', run: request.run }), env_vars: names };
  }
  const fields: Record<string, unknown> = { url: request.url };
  const named: Record<string, string> = {};
  for (const [header, { prefix, variable }] of Object.entries(request.headers)) {
    if (prefix === '') named[header] = variable;
    else if (prefix === 'Bearer ' && header.toLowerCase() === 'authorization') fields.bearer_token_env_var = variable;
    else {
      throw new UserError('unsupported', `${shape.title} cannot send "${prefix.trim()}" before a variable.`, {
        hint: 'Use --mode helper.',
      });
    }
  }
  return Object.keys(named).length > 0 ? { ...fields, env_http_headers: named } : fields;
}

export const codex: Client = {
  id: 'codex',
  title: shape.title,
  modes: ['helper', 'proxy', 'wrap', 'env', 'plain'],
  reload: 'start a new session of codex',
  files: (machine) => [
    {
      scope: 'user',
      path: pathsOf(machine).join(own(machine), 'config.toml'),
      format: 'toml',
      servers: ['mcp_servers'],
    },
    { scope: 'project', path: inProject(machine, '.codex', 'config.toml'), format: 'toml', servers: ['mcp_servers'] },
  ],
  traces: (machine) => ({ programs: ['codex'], paths: [own(machine)] }),
  entry: entryOf,
  read: (entry) => readParts(shape, entry),
  notice(scope, mode, server) {
    const told = [
      ...(scope === 'project'
        ? ['Codex reads this file only in a folder that you trust: run codex there and accept.']
        : []),
      ...(mode === 'helper'
        ? [`An older Codex passes the helper over: where "codex mcp get ${server}" does not name it, use --mode proxy.`]
        : []),
    ];
    return told.length > 0 ? told.join(' ') : undefined;
  },
};
