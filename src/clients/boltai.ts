import { inHome } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Known at second hand (docs.boltai.com/docs/plugins/mcp-servers): it starts local servers only. */
const shape: Shape = { title: 'BoltAI' };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const boltai: Client = {
  id: 'boltai',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  localModes: ['plain'],
  reload: 'restart BoltAI',
  files: (machine) => [{ scope: 'user', path: inHome(machine, '.boltai', 'mcp.json'), ...form, mustExist: true }],
  traces: (machine) => ({ programs: [], paths: [inHome(machine, '.boltai')] }),
  platforms: ['darwin'],
};
