import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Its bundled docs, features/mcp.md; it takes `url` for SSE, so a streamable server is `httpUrl`. */
const shape: Shape = { title: 'Qwen Code', fields: { url: 'httpUrl' }, remote: {}, variable: (name) => `\${${name}}` };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const qwenCode: Client = {
  id: 'qwen-code',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  expandsBare: true,
  sse: { url: 'url' },
  reload: 'restart Qwen Code',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.qwen', 'settings.json'), ...form },
    { scope: 'project', path: inProject(machine, '.qwen', 'settings.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['qwen'], paths: [inHome(machine, '.qwen')] }),
};
