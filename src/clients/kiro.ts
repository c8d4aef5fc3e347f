import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://kiro.dev/docs/mcp/configuration: variables are expanded in env and headers. */
const shape: Shape = { title: 'Kiro', remote: {}, variable: (name) => `\${${name}}` };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const kiro: Client = {
  id: 'kiro',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'Kiro reads its file again when it is saved; else reconnect the server in its panel',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.kiro', 'settings', 'mcp.json'), ...form },
    { scope: 'project', path: inProject(machine, '.kiro', 'settings', 'mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['kiro', 'kiro-cli'], paths: [inHome(machine, '.kiro')] }),
};
