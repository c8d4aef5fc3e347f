import { inHome } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://lmstudio.ai/docs/app/mcp; no variable is expanded. */
const shape: Shape = { title: 'LM Studio', remote: {} };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const lmStudio: Client = {
  id: 'lm-studio',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'turn the server off and on in LM Studio, or restart it',
  files: (machine) => [{ scope: 'user', path: inHome(machine, '.lmstudio', 'mcp.json'), ...form }],
  traces: (machine) => ({ programs: ['lms'], paths: [inHome(machine, '.lmstudio')] }),
};
