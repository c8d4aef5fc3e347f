import { inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client } from './types.ts';

/** https://docs.augmentcode.com/cli/integrations; `auggie mcp add` writes this form. Nothing is known to be expanded. */
const shape: Shape = { title: 'Augment CLI', stdio: { type: 'stdio' }, remote: { type: 'http' } };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

export const augment: Client = {
  id: 'augment',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'restart auggie',
  files: (machine) => {
    const own = inProject(machine, '.augment', 'settings.local.json');
    return [
      { scope: 'user', path: inHome(machine, '.augment', 'settings.json'), ...form },
      { scope: 'project', path: inProject(machine, '.augment', 'settings.json'), ...form },
      ...(machine.exists(own) ? [{ scope: 'project', path: own, ...form, aside: true } as const] : []),
    ];
  },
  traces: (machine) => ({ programs: ['auggie'], paths: [inHome(machine, '.augment')] }),
};
