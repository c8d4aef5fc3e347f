import { folder, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Place and form as neon-solutions/add-mcp 2.4 writes them. */
const shape: Shape = { title: 'Grok Build', remote: {} };

const form = { format: 'toml', servers: ['mcp_servers'] } as const;

export const grokBuild: Client = {
  id: 'grok-build',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'start a new session of grok',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(folder(machine, 'GROK_HOME', '.grok'), 'config.toml'), ...form },
  ],
  traces: (machine) => ({ programs: ['grok'], paths: [folder(machine, 'GROK_HOME', '.grok')] }),
};
