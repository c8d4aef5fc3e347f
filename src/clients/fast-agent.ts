import { inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

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

/** In a repository it is everyone's, and says the same for everyone: what stands there is the project's. */
function isShared(machine: ClientMachine, path: string): boolean {
  const { dirname, join } = pathsOf(machine);
  const inside = (folder: string): boolean =>
    folder !== machine.home &&
    (machine.exists(join(folder, '.git')) || (dirname(folder) !== folder && inside(dirname(folder))));
  return inside(dirname(path));
}

function files(machine: ClientMachine): readonly ClientFile[] {
  const own = { scope: 'user', path: nearest(machine), ...form } as const;
  const project = { scope: 'project', path: inProject(machine, NAME), ...form } as const;
  return isShared(machine, own.path) ? [project, { ...own, aside: true }] : [own, project];
}

export const fastAgent: Client = {
  id: 'fast-agent',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'restart fast-agent',
  files,
  traces: (machine) => ({ programs: ['fast-agent'], paths: [nearest(machine)] }),
};
