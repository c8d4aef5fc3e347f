import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://docs.warp.dev/agents/capabilities/mcp; no variable is known to be expanded. */
const shape: Shape = { title: 'Warp', remote: {} };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const warp: Client = {
  id: 'warp',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'Warp watches its file; else restart the server in its MCP settings',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.warp', '.mcp.json'), ...form },
    { scope: 'project', path: inProject(machine, '.warp', '.mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['warp-terminal', 'oz'], paths: [inHome(machine, '.warp')] }),
  notice: (scope, _mode, server) =>
    scope === 'project'
      ? `Warp starts servers of a project by hand: start "${server}" in its MCP settings.`
      : undefined,
};
