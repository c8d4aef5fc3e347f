import { appSupport, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Its servers are kept in the settings of the IDE; Junie has a file of its own. */
const shape: Shape = { title: 'JetBrains AI Assistant' };

export const jetbrainsAi: Client = {
  id: 'jetbrains-ai',
  ...shaped(shape),
  modes: ['proxy', 'wrap'],
  reload: 'add it under Settings, Tools, AI Assistant, Model Context Protocol: as JSON',
  files: () => [],
  traces: (machine) => ({ programs: [], paths: [pathsOf(machine).join(appSupport(machine), 'JetBrains')] }),
  paste: { format: 'json', servers: ['mcpServers'] },
};
