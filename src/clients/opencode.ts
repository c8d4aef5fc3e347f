import { hasTables, openCodeShape } from './families.ts';
import { configHome, inProject, localAppData, othersThere, pathsOf, thereOr } from './folders.ts';
import { shaped } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

/** `opencode.jsonc` hides an `opencode.json` beside it; what stands in that one lies there all the same. */
const NAMES = ['opencode.jsonc', 'opencode.json'];

const own = (machine: ClientMachine): string => pathsOf(machine).join(configHome(machine), 'opencode');

function userFiles(machine: ClientMachine): readonly ClientFile[] {
  const { join } = pathsOf(machine);
  const windows =
    machine.platform === 'win32' ? NAMES.map((name) => join(localAppData(machine), 'opencode', name)) : [];
  const paths = [...NAMES.map((name) => join(own(machine), name)), ...windows];
  return filesAt(machine, 'user', paths, join(own(machine), 'opencode.json'));
}

function projectFiles(machine: ClientMachine): readonly ClientFile[] {
  const paths = ['', '.opencode'].flatMap((folder) => NAMES.map((name) => inProject(machine, folder, name)));
  return filesAt(machine, 'project', paths, inProject(machine, 'opencode.json'));
}

/** The one that counts, and the others that are there. */
function filesAt(
  machine: ClientMachine,
  scope: 'user' | 'project',
  paths: readonly string[],
  usual: string,
): readonly ClientFile[] {
  const used = thereOr(machine, paths, usual);
  const others = othersThere(machine, paths, used);
  return [fileAt(machine, scope, used), ...others.map((path) => ({ ...fileAt(machine, scope, path), aside: true }))];
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
  kinds: { needed: 'always' },
  reload: 'restart OpenCode',
  files: (machine) => [...userFiles(machine), ...projectFiles(machine)],
  traces: (machine) => ({
    programs: ['opencode'],
    paths: userFiles(machine).map(({ path }) => pathsOf(machine).dirname(path)),
  }),
  notice: (scope, _mode, server) =>
    scope === 'project' ? `Where OpenCode asks for it, approve the server: opencode mcp approve ${server}` : undefined,
};
