import { UserError } from '../errors.ts';
import { appSupport, inHome, inProject, pathsOf } from './folders.ts';
import { type Entry, readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientMachine, EntryRequest, EntrySite } from './types.ts';

/** block/goose, documentation/docs/getting-started/using-extensions.md: its servers are extensions. */
const shape: Shape = {
  title: 'Goose',
  fields: { url: 'uri', command: 'cmd', env: 'envs' },
  stdio: { type: 'stdio' },
  remote: { type: 'streamable_http' },
  variable: (name) => `\${${name}}`,
};

const form = { format: 'yaml', servers: ['extensions'] } as const;

function own(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  if (machine.platform === 'win32') return join(appSupport(machine), 'Block', 'goose', 'config');
  return machine.platform === 'darwin' ? inHome(machine, '.config', 'goose') : join(appSupport(machine), 'goose');
}

function entryOf(request: EntryRequest, { server }: EntrySite): Entry {
  const named = request.mode === 'env' ? variablesOf(request) : [];
  const plain = request.mode === 'env' && 'run' in request ? ({ mode: 'plain', run: request.run } as const) : request;
  const keys = named.length > 0 || 'run' in request ? { env_keys: named } : {};
  return { name: server, description: '', ...shapedEntry(shape, plain), ...keys, enabled: true, timeout: 300 };
}

/** A variable counts where `env_keys` names it (aaif-goose/goose#5439); goose asks its environment, then its own store. */
function variablesOf(request: Extract<EntryRequest, { mode: 'env' }>): string[] {
  if (!('run' in request)) return [...new Set(Object.values(request.headers).map(({ variable }) => variable))];
  const other = Object.entries(request.variables).find(([name, source]) => name !== source);
  if (!other) return Object.keys(request.variables);
  throw new UserError('unsupported', `${shape.title} hands a variable on by its own name alone.`, {
    hint: `Use --var ${other[0]}, or --mode wrap.`,
  });
}

export const goose: Client = {
  id: 'goose',
  title: shape.title,
  modes: ['proxy', 'wrap', 'env', 'plain'],
  kinds: { needed: 'always' },
  reload: 'start a new session of Goose',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'config.yaml'), ...form },
    { scope: 'project', path: inProject(machine, '.goose', 'config.yaml'), ...form },
  ],
  traces: (machine) => ({
    programs: ['goose'],
    paths: [pathsOf(machine).join(own(machine), 'config.yaml')],
  }),
  entry: entryOf,
  read: (entry) => readParts(shape, entry),
};
