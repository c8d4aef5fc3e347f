import { inHome, inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://code.claude.com/docs/en/mcp; comments are refused by the program itself. */
const shape: Shape = {
  title: 'Claude Code',
  stdio: { type: 'stdio' },
  remote: { type: 'http' },
  variable: (name) => `\${${name}}`,
  helper: 'headersHelper',
};

/** The file holds the program's own state as well, so only the one entry is ever touched. */
function userFile(machine: ClientMachine): string {
  const own = machine.env.CLAUDE_CONFIG_DIR;
  return own ? pathsOf(machine).resolve(machine.dir, own, '.claude.json') : inHome(machine, '.claude.json');
}

const isEmpty = (servers: unknown): boolean =>
  typeof servers !== 'object' || servers === null || Object.keys(servers).length === 0;

/** Most folders have none: the program keeps one for each that it was started in. */
function foldersIn(text: string): readonly string[] {
  try {
    const { projects }: { readonly projects?: unknown } = JSON.parse(text) ?? {};
    const entries = typeof projects === 'object' && projects !== null ? Object.entries(projects) : [];
    return entries.flatMap(([folder, { mcpServers } = {}]) => (isEmpty(mcpServers) ? [] : [folder]));
  } catch (error) {
    // What does not parse is told where it is read in earnest.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

export const claudeCode: Client = {
  id: 'claude-code',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'helper', 'env', 'plain'],
  kinds: { needed: 'remote', also: ['streamable-http'] },
  reload: 'restart Claude Code, or run /mcp in it and reconnect',
  files: (machine) => [
    { scope: 'user', path: userFile(machine), format: 'json', servers: ['mcpServers'] },
    { scope: 'project', path: inProject(machine, '.mcp.json'), format: 'json', servers: ['mcpServers'] },
    { scope: 'local', path: userFile(machine), format: 'json', servers: ['projects', machine.dir, 'mcpServers'] },
  ],
  folders: (machine) => foldersIn(machine.read(userFile(machine)) ?? ''),
  traces: (machine) => ({ programs: ['claude'], paths: [machine.env.CLAUDE_CONFIG_DIR ?? inHome(machine, '.claude')] }),
  notice(scope, mode, server) {
    if (scope === 'project')
      return `Claude Code asks once in this folder whether "${server}" may start: run claude there and approve it.`;
    if (scope === 'local' && mode === 'helper')
      return 'Claude Code runs the helper only in a folder that you trust: run claude there and accept.';
    if (mode === 'helper') return 'Claude Code asks the helper once: after a rotation, reconnect with /mcp.';
    return undefined;
  },
};
