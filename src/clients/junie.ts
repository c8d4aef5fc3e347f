import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://www.jetbrains.com/help/junie/model-context-protocol-mcp.html: it starts local servers only. */
const shape: Shape = { title: 'JetBrains Junie' };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const junie: Client = {
  id: 'junie',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  localModes: ['plain'],
  reload: 'restart the IDE, or the server in the settings of Junie',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.junie', 'mcp', 'mcp.json'), ...form },
    { scope: 'project', path: inProject(machine, '.junie', 'mcp', 'mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['junie'], paths: [inHome(machine, '.junie')] }),
};
