import { allThere, appSupport, configHome, inHome, inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://docs.devin.ai/desktop/cascade/mcp: `url` is ignored, `serverUrl` is not. */
const shape: Shape = {
  title: 'Windsurf (Devin Desktop)',
  fields: { url: 'serverUrl' },
  remote: {},
  variable: (name) => `\${env:${name}}`,
};

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

const devin = (machine: ClientMachine): string =>
  pathsOf(machine).join(machine.platform === 'win32' ? appSupport(machine) : configHome(machine), 'devin');

/** Of the Cascade agent, of the Devin agent and CLI, of the plugin for JetBrains: each that is there. */
const userFiles = (machine: ClientMachine): readonly string[] =>
  allThere(machine, [
    inHome(machine, '.codeium', 'windsurf', 'mcp_config.json'),
    pathsOf(machine).join(devin(machine), 'mcp_config.json'),
    inHome(machine, '.codeium', 'mcp_config.json'),
  ]);

export const windsurf: Client = {
  id: 'windsurf',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'press the refresh button above the list of servers',
  files: (machine) => [
    ...userFiles(machine).map((path) => ({ scope: 'user', path, ...form }) as const),
    { scope: 'project', path: inProject(machine, '.devin', 'mcp_config.json'), ...form, mustExist: true },
  ],
  traces: (machine) => ({ programs: ['windsurf'], paths: [inHome(machine, '.codeium', 'windsurf'), devin(machine)] }),
};
