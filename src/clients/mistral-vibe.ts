import { inHome } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client } from './types.ts';

/** Place and form as neon-solutions/add-mcp 2.4 writes them: an array of tables that name themselves. */
const shape: Shape = {
  title: 'Mistral Vibe',
  stdio: { transport: 'stdio' },
  remote: { transport: 'streamable-http' },
};

export const mistralVibe: Client = {
  id: 'mistral-vibe',
  title: shape.title,
  modes: ['proxy', 'wrap', 'plain'],
  kinds: { also: ['http'] },
  reload: 'start a new session of vibe',
  files: (machine) => [
    {
      scope: 'user',
      path: inHome(machine, '.vibe', 'config.toml'),
      format: 'toml',
      servers: ['mcp_servers'],
      named: 'name',
    },
  ],
  traces: (machine) => ({ programs: ['vibe'], paths: [inHome(machine, '.vibe')] }),
  entry: (request, { server }) => ({ name: server, ...shapedEntry(shape, request) }),
  read: (entry) => readParts(shape, entry),
};
