import { appSupport, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** nbonamy/witsy, src/main/mcp.ts: `mcpServers` has local servers only; its own list beside it is only read. */
const shape: Shape = { title: 'Witsy' };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

const settings = (machine: ClientMachine): string =>
  pathsOf(machine).join(appSupport(machine), 'Witsy', 'settings.json');

export const witsy: Client = {
  id: 'witsy',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  localModes: ['plain'],
  reload: 'Witsy watches its file and connects again',
  files: (machine) => [
    { scope: 'user', path: settings(machine), ...form },
    {
      scope: 'user',
      path: settings(machine),
      format: 'jsonc',
      servers: ['mcp', 'servers'],
      named: 'uuid',
      aside: true,
    },
  ],
  traces: (machine) => ({ programs: ['witsy'], paths: [pathsOf(machine).dirname(settings(machine))] }),
};
