import { codeStorage } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Seen in its CLI, which shares the form: without `type` no request is sent, and no variable is expanded. */
const shape: Shape = {
  title: 'Cline',
  stdioEnd: { disabled: false },
  remote: { type: 'streamableHttp' },
  remoteEnd: { disabled: false },
};

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const cline: Client = {
  id: 'cline',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  kinds: { needed: 'remote' },
  reload: 'Cline reads its file again when it is saved',
  files: (machine) => [
    {
      scope: 'user',
      path: codeStorage(machine, 'saoudrizwan.claude-dev', 'settings', 'cline_mcp_settings.json'),
      ...form,
    },
  ],
  traces: (machine) => ({ programs: [], paths: [codeStorage(machine, 'saoudrizwan.claude-dev')] }),
};
