import { codeStorage, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** RooCodeInc/Roo-Code-Docs, docs/features/mcp: `type` must stand in a remote entry. */
const shape: Shape = { title: 'Roo Code', remote: { type: 'streamable-http' } };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const rooCode: Client = {
  id: 'roo-code',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  kinds: { needed: 'remote' },
  reload: 'Roo Code reads its file again when it is saved',
  files: (machine) => [
    {
      scope: 'user',
      path: codeStorage(machine, 'rooveterinaryinc.roo-cline', 'settings', 'mcp_settings.json'),
      ...form,
    },
    { scope: 'project', path: inProject(machine, '.roo', 'mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: [], paths: [codeStorage(machine, 'rooveterinaryinc.roo-cline')] }),
  notice: () => 'Roo Code was discontinued in May 2026.',
};
