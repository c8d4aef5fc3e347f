import { hasTables, openCodeShape } from './families.ts';
import { configHome, inProject, localAppData, pathsOf, thereOr } from './folders.ts';
import { shaped } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

/** `opencode.jsonc` hides an `opencode.json` beside it. */
const NAMES = ['opencode.jsonc', 'opencode.json'];

function userFile(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  const own = join(configHome(machine), 'opencode');
  const windows =
    machine.platform === 'win32' ? NAMES.map((name) => join(localAppData(machine), 'opencode', name)) : [];
  return thereOr(machine, [...NAMES.map((name) => join(own, name)), ...windows], join(own, 'opencode.json'));
}

function projectFile(machine: ClientMachine): string {
  const paths = ['', '.opencode'].flatMap((folder) => NAMES.map((name) => inProject(machine, folder, name)));
  return thereOr(machine, paths, inProject(machine, 'opencode.json'));
}

/** A newer file has the servers one level below; what a file has is kept. */
function fileAt(machine: ClientMachine, scope: 'user' | 'project', path: string): ClientFile {
  const nested = hasTables(machine, path, ['mcp', 'servers']);
  return { scope, path, format: 'jsonc', servers: nested ? ['mcp', 'servers'] : ['mcp'] };
}

export const opencode: Client = {
  id: 'opencode',
  ...shaped(openCodeShape('OpenCode')),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'restart OpenCode',
  files: (machine) => [fileAt(machine, 'user', userFile(machine)), fileAt(machine, 'project', projectFile(machine))],
  traces: (machine) => ({ programs: ['opencode'], paths: [pathsOf(machine).dirname(userFile(machine))] }),
  notice: (scope, _mode, server) =>
    scope === 'project' ? `Where OpenCode asks for it, approve the server: opencode mcp approve ${server}` : undefined,
};
