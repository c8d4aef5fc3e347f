import { folder, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** Without `type` no request is sent; `${VAR}` goes out as it stands, in headers and in env. */
const shape: Shape = {
  title: 'Cline CLI',
  stdioEnd: { disabled: false },
  remote: { type: 'streamableHttp' },
  remoteEnd: { disabled: false },
};

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const clineCli: Client = {
  id: 'cline-cli',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  kinds: { needed: 'remote' },
  reload: 'start a new session of cline',
  files: (machine) => [
    {
      scope: 'user',
      path: pathsOf(machine).join(
        folder(machine, 'CLINE_DIR', '.cline'),
        'data',
        'settings',
        'cline_mcp_settings.json',
      ),
      ...form,
    },
  ],
  traces: (machine) => ({ programs: ['cline'], paths: [folder(machine, 'CLINE_DIR', '.cline')] }),
};
