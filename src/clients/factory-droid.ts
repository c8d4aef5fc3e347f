import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://docs.factory.ai/cli/configuration/mcp; variables: Factory-AI/factory#1175. */
const shape: Shape = {
  title: 'Factory Droid',
  stdio: { type: 'stdio' },
  remote: { type: 'http' },
  variable: (name) => `\${${name}}`,
};

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const factoryDroid: Client = {
  id: 'factory-droid',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'Factory Droid reads its file again when it is saved',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.factory', 'mcp.json'), ...form },
    { scope: 'project', path: inProject(machine, '.factory', 'mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['droid'], paths: [inHome(machine, '.factory')] }),
};
