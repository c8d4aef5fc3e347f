import { inHome } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://manual.raycast.com/ai/model-context-protocol: servers are added in a form. */
const shape: Shape = { title: 'Raycast' };

export const raycast: Client = {
  id: 'raycast',
  ...shaped(shape),
  modes: ['proxy', 'wrap'],
  platforms: ['darwin', 'win32'],
  reload: 'run "Install Server" in Raycast and fill in name, command and arguments',
  files: () => [],
  traces: (machine) => ({ programs: [], paths: [inHome(machine, '.config', 'raycast')] }),
  paste: { format: 'json', servers: ['mcpServers'] },
};
