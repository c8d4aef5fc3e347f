import { inHome, localAppData, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** Known at second hand (laravel/boost): headers stand below `requestInit`. */
const shape: Shape = {
  title: 'GitHub Copilot in JetBrains IDEs',
  stdio: { type: 'stdio' },
  remote: {},
  fields: { headers: ['requestInit', 'headers'] },
};

const form = { format: 'jsonc', servers: ['servers'] } as const;

function own(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  const parent = machine.platform === 'win32' ? localAppData(machine) : inHome(machine, '.config');
  return join(parent, 'github-copilot', 'intellij');
}

export const copilotJetbrains: Client = {
  id: 'copilot-jetbrains',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'restart the server in the settings of Copilot, or the IDE',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'mcp.json'), ...form, mustExist: true },
  ],
  traces: (machine) => ({ programs: [], paths: [own(machine)] }),
};
