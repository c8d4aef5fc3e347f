import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** google-gemini/gemini-cli, docs/tools/mcp-server.md. It hands on no variable whose name looks secret, so `env` says what is needed. */
const shape: Shape = { title: 'Gemini CLI', fields: { url: 'httpUrl' }, remote: {}, variable: (name) => `\${${name}}` };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const geminiCli: Client = {
  id: 'gemini-cli',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  expandsBare: true,
  sse: { url: 'url', typed: true },
  reload: 'restart Gemini CLI, or run /mcp refresh in it',
  files: (machine) => [
    { scope: 'user', path: inHome(machine, '.gemini', 'settings.json'), ...form },
    { scope: 'project', path: inProject(machine, '.gemini', 'settings.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['gemini'], paths: [inHome(machine, '.gemini', 'settings.json')] }),
  notice: () => 'Gemini CLI starts no server in a folder that it does not trust: accept the folder when it asks.',
};
