import { folder, inProject, pathsOf } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://docs.github.com/en/copilot/how-tos/copilot-cli; a variable that is not set goes out as it stands. */
const shape: Shape = {
  title: 'GitHub Copilot CLI',
  stdio: { type: 'local' },
  stdioEnd: { tools: ['*'] },
  remote: { type: 'http' },
  remoteEnd: { tools: ['*'] },
  variable: (name) => `\${${name}}`,
};

/** The project's file is Claude Code's as well, so an entry there is the same for both. */
const shared: Shape = {
  title: shape.title,
  stdio: { type: 'stdio' },
  remote: { type: 'http' },
  variable: (name) => `\${${name}}`,
};

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

const own = (machine: ClientMachine): string => folder(machine, 'COPILOT_HOME', '.copilot');

/** `.github/mcp.json` is ignored as soon as there is a `.mcp.json`: none is made beside one. */
function projectFile(machine: ClientMachine): string {
  const [usual, other] = [inProject(machine, '.mcp.json'), inProject(machine, '.github', 'mcp.json')];
  return machine.exists(other) && !machine.exists(usual) ? other : usual;
}

export const copilotCli: Client = {
  id: 'copilot-cli',
  title: shape.title,
  modes: ['proxy', 'wrap', 'env', 'plain'],
  expandsBare: true,
  kinds: { also: ['stdio', 'local'] },
  reload: 'start a new session of copilot',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'mcp-config.json'), ...form },
    { scope: 'project', path: projectFile(machine), ...form },
  ],
  traces: (machine) => ({ programs: ['copilot'], paths: [own(machine)] }),
  entry: (request, { scope }) => shapedEntry(scope === 'project' ? shared : shape, request),
  read: (entry) => readParts(shape, entry),
};
