import { configHome, folder, inProject, othersThere, pathsOf, thereOr } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

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

function projectFiles(machine: ClientMachine): readonly ClientFile[] {
  const paths = ['.crush.json', 'crush.json'].map((name) => inProject(machine, name));
  const path = thereOr(machine, paths, inProject(machine, '.crush.json'));
  const others = othersThere(machine, paths, path);
  return [
    { scope: 'project', path, ...form },
    ...others.map((each) => ({ scope: 'project', path: each, ...form, aside: true }) as const),
  ];
}

export const crush: Client = {
  id: 'crush',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  expandsBare: true,
  reload: 'restart Crush',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'crush.json'), ...form },
    ...projectFiles(machine),
  ],
  traces: (machine) => ({ programs: ['crush'], paths: [own(machine)] }),
};
