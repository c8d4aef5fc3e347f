import { allThere, inHome, inProject } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://docs.aws.amazon.com/amazonq/latest/qdeveloper-ug/qdev-mcp.html; no variable is expanded in headers. */
const shape: Shape = { title: 'Amazon Q Developer', remote: {} };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

/** Of every agent, of the IDE, of each agent of the command line: each that is there. */
function userFiles(machine: ClientMachine): readonly string[] {
  const own = (...parts: readonly string[]) => inHome(machine, '.aws', 'amazonq', ...parts);
  const agents = machine.names(own('cli-agents')).filter((name) => name.endsWith('.json'));
  return allThere(machine, [
    own('mcp.json'),
    own('agents', 'default.json'),
    ...agents.map((name) => own('cli-agents', name)),
  ]);
}

export const amazonQ: Client = {
  id: 'amazon-q',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'start a new chat in Amazon Q, or restart the IDE',
  files: (machine) => [
    ...userFiles(machine).map((path) => ({ scope: 'user', path, ...form }) as const),
    { scope: 'project', path: inProject(machine, '.amazonq', 'mcp.json'), ...form, mustExist: true },
  ],
  traces: (machine) => ({ programs: ['q', 'qchat'], paths: [inHome(machine, '.aws', 'amazonq')] }),
};
