import { folder, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Place and form as neon-solutions/add-mcp 2.4 writes them. */
const shape: Shape = { title: 'Kimi Code', remote: { transport: 'http' } };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const kimiCode: Client = {
  id: 'kimi-code',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'start a new session of kimi',
  files: (machine) => [
    {
      scope: 'user',
      path: pathsOf(machine).join(folder(machine, 'KIMI_CODE_HOME', '.kimi-code'), 'mcp.json'),
      ...form,
    },
  ],
  traces: (machine) => ({ programs: ['kimi'], paths: [folder(machine, 'KIMI_CODE_HOME', '.kimi-code')] }),
};
