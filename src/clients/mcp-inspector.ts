import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** modelcontextprotocol/inspector: it reads the file that `--config` names, and expands nothing. */
const shape: Shape = { title: 'MCP Inspector', stdio: { type: 'stdio' }, remote: { type: 'streamable-http' } };

export const mcpInspector: Client = {
  id: 'mcp-inspector',
  ...shaped(shape),
  modes: ['proxy', 'wrap'],
  kinds: { also: ['http'] },
  reload: 'start it with: mcp-inspector --config FILE --server NAME',
  files: () => [],
  traces: () => ({ programs: ['mcp-inspector'], paths: [] }),
  paste: { format: 'json', servers: ['mcpServers'] },
};
