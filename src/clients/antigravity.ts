import { inHome, inProject, thereOr } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** jgravelle/jcodemunch-mcp v1.108.89 for the place; a URL is `serverUrl`, and nothing is expanded. */
const shape: Shape = { title: 'Google Antigravity', fields: { url: 'serverUrl' }, remote: {} };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

/** The second is where it was before version 2. */
function userFile(machine: ClientMachine): string {
  const usual = inHome(machine, '.gemini', 'config', 'mcp_config.json');
  return thereOr(machine, [usual, inHome(machine, '.gemini', 'antigravity', 'mcp_config.json')], usual);
}

export const antigravity: Client = {
  id: 'antigravity',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'refresh the servers in Antigravity, or restart it',
  files: (machine) => [
    { scope: 'user', path: userFile(machine), ...form },
    { scope: 'project', path: inProject(machine, '.agents', 'mcp_config.json'), ...form, mustExist: true },
  ],
  traces: (machine) => ({
    programs: ['agy', 'antigravity'],
    paths: [inHome(machine, '.gemini', 'config'), inHome(machine, '.gemini', 'antigravity')],
  }),
};
