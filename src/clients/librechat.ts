import { inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://www.librechat.ai/docs/configuration/librechat_yaml/object_structure/mcp_servers */
const shape: Shape = { title: 'LibreChat', remote: { type: 'streamable-http' }, variable: (name) => `\${${name}}` };

const form = { format: 'yaml', servers: ['mcpServers'] } as const;

/** A server's file: it lies where LibreChat is installed, which is the folder that is given or the current one. */
export const librechat: Client = {
  id: 'librechat',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  kinds: { also: ['http'] },
  reload: 'restart LibreChat',
  files: (machine) => [{ scope: 'user', path: inProject(machine, 'librechat.yaml'), ...form, mustExist: true }],
  traces: (machine) => ({ programs: [], paths: [inProject(machine, 'librechat.yaml')] }),
  paste: form,
  notice: () => 'LibreChat starts the entry on its own machine: in its container, where it runs in one.',
};
