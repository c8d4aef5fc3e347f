import { inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** evalstate/fast-agent, README.md. That it expands variables is not proven. */
const shape: Shape = {
  title: 'fast-agent',
  remote: { transport: 'http' },
  remoteEnd: { auth: { oauth: false } },
};

const form = { format: 'yaml', servers: ['mcp', 'servers'] } as const;
const NAME = 'fastagent.config.yaml';

/** The nearest one, from the folder upwards. */
function nearest(machine: ClientMachine): string {
  const { dirname, join } = pathsOf(machine);
  for (let folder = machine.dir; ; folder = dirname(folder)) {
    if (machine.exists(join(folder, NAME))) return join(folder, NAME);
    if (dirname(folder) === folder) return inProject(machine, NAME);
  }
}

export const fastAgent: Client = {
  id: 'fast-agent',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'restart fast-agent',
  files: (machine) => [
    { scope: 'user', path: nearest(machine), ...form },
    { scope: 'project', path: inProject(machine, NAME), ...form },
  ],
  traces: (machine) => ({ programs: ['fast-agent'], paths: [nearest(machine)] }),
};
