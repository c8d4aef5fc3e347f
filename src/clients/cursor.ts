import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://cursor.com/docs/mcp; its files may have comments; `${env:NAME}` is the only spelling of a variable that it expands. */
const shape: Shape = { title: 'Cursor', remote: {}, variable: (name) => `\${env:${name}}` };

export const cursor: Client = {
  id: 'cursor',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: "restart the server in Cursor's settings",
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.cursor', 'mcp.json'), format: 'jsonc', servers: ['mcpServers'] },
    { scope: 'project', path: inProject(machine, '.cursor', 'mcp.json'), format: 'jsonc', servers: ['mcpServers'] },
  ],
  traces: (machine) => ({ programs: ['cursor'], paths: [inHome(machine, '.cursor')] }),
  notice: (scope, _mode, server) =>
    scope === 'project'
      ? `Cursor asks once in this project whether "${server}" may start: approve it in the settings.`
      : undefined,
};
