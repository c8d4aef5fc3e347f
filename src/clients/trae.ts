import { appSupport, inProject, pathsOf } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientMachine, EntryRequest } from './types.ts';

/** https://www.volcengine.com/docs/86677/2137601; pathintegral-institute/mcpm.sh#92. Nothing is expanded. */
const shape: Shape = { title: 'Trae', remote: {} };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

const own = (machine: ClientMachine): string => pathsOf(machine).join(appSupport(machine), 'Trae', 'User');

/** Its `command` may have no blank, and on macOS the path of our launcher has one: then `env` starts it. */
function withoutBlank(request: EntryRequest): EntryRequest {
  if ((request.mode !== 'proxy' && request.mode !== 'wrap') || !/\s/.test(request.run.command)) return request;
  const { command, args, env } = request.run;
  return { ...request, run: { command: '/usr/bin/env', args: [command, ...args], env } };
}

export const trae: Client = {
  id: 'trae',
  title: shape.title,
  modes: ['proxy', 'wrap', 'plain'],
  platforms: ['darwin', 'win32'],
  reload: 'turn the server off and on in the settings of Trae, or restart it',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(own(machine), 'mcp.json'), ...form },
    { scope: 'project', path: inProject(machine, '.trae', 'mcp.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['trae'], paths: [own(machine)] }),
  entry: (request) => shapedEntry(shape, withoutBlank(request)),
  read: (entry) => readParts(shape, entry),
  notice: (scope) =>
    scope === 'project' ? 'Trae reads this file when "Enable Project MCP" is on in its settings.' : undefined,
};
