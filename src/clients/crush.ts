import { configHome, folder, inProject, pathsOf, thereOr } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** charmbracelet/crush, README.md: values are expanded as a shell does. */
const shape: Shape = {
  title: 'Crush',
  stdio: { type: 'stdio' },
  remote: { type: 'http' },
  variable: (name) => `\${${name}}`,
};

const form = { format: 'jsonc', servers: ['mcp'] } as const;

/** XDG on every system. */
const own = (machine: ClientMachine): string =>
  machine.env.CRUSH_GLOBAL_CONFIG
    ? folder(machine, 'CRUSH_GLOBAL_CONFIG', '.config', 'crush')
    : pathsOf(machine).join(configHome(machine), 'crush');

function projectFile(machine: ClientMachine): string {
  const [first, second] = [inProject(machine, '.crush.json'), inProject(machine, 'crush.json')];
  return thereOr(machine, [first, second], first);
}

export const crush: Client = {
  id: 'crush',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'restart Crush',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'crush.json'), ...form },
    { scope: 'project', path: projectFile(machine), ...form },
  ],
  traces: (machine) => ({ programs: ['crush'], paths: [own(machine)] }),
};
