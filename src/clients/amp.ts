import { appSupport, configHome, inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://ampcode.com/manual: the table is one key with a dot in it. Variables are known to be expanded in `env` alone. */
const shape: Shape = { title: 'Amp', remote: {}, variable: (name) => `\${${name}}`, variableIn: 'local' };

const form = { format: 'jsonc', servers: ['amp.mcpServers'] } as const;

const settings = (machine: ClientMachine): string =>
  pathsOf(machine).join(
    machine.platform === 'win32' ? appSupport(machine) : configHome(machine),
    'amp',
    'settings.json',
  );

export const amp: Client = {
  id: 'amp',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  localModes: ['env'],
  reload: 'start a new session of amp',
  files: (machine) => [
    { scope: 'user', path: settings(machine), ...form },
    { scope: 'project', path: inProject(machine, '.amp', 'settings.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['amp'], paths: [pathsOf(machine).dirname(settings(machine))] }),
  notice: (scope, _mode, server) =>
    scope === 'project'
      ? `Amp starts servers of a project when they are approved: amp mcp approve ${server}`
      : undefined,
};
