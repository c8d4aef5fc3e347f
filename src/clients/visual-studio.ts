import { hasTables } from './families.ts';
import { inHome, inProject, othersThere } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** MicrosoftDocs/visualstudio-docs, docs/ide/mcp-servers.md. */
const shape: Shape = { title: 'Visual Studio', stdio: { type: 'stdio' }, remote: { type: 'http' } };

const form = { format: 'jsonc', servers: ['servers'] } as const;

/** A `.mcp.json` with the table of other clients stays theirs: one file has one table. */
const isTheirs = (machine: ClientMachine, path: string): boolean =>
  hasTables(machine, path, ['mcpServers']) && !hasTables(machine, path, ['servers']);

function projectFile(machine: ClientMachine): string {
  const shared = inProject(machine, '.mcp.json');
  return isTheirs(machine, shared) ? inProject(machine, '.vs', 'mcp.json') : shared;
}

const userFile = (machine: ClientMachine): string => inHome(machine, '.mcp.json');

export const visualStudio: Client = {
  id: 'visual-studio',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  platforms: ['win32'],
  reload: 'Visual Studio starts the server again when its file is saved',
  files: (machine) => [
    { scope: 'user', path: userFile(machine), ...form, aside: isTheirs(machine, userFile(machine)) },
    { scope: 'project', path: projectFile(machine), ...form },
    ...othersThere(machine, [inProject(machine, '.vs', 'mcp.json')], projectFile(machine)).map(
      (path) => ({ scope: 'project', path, ...form, aside: true }) as const,
    ),
  ],
  traces: () => ({ programs: ['devenv'], paths: [] }),
};
