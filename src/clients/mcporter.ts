import { configHome, inHome, inProject, pathsOf, thereOr } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** Seen in 0.12; `bearerTokenEnv` sends the value without a scheme, so variables stand in the headers. */
const shape: Shape = { title: 'MCPorter', remote: {}, variable: (name) => `\${${name}}` };

const form = { format: 'jsonc', servers: ['mcpServers'] } as const;

function userFile(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  const own = machine.env.XDG_CONFIG_HOME ? join(configHome(machine), 'mcporter') : inHome(machine, '.mcporter');
  return thereOr(machine, [join(own, 'mcporter.json'), join(own, 'mcporter.jsonc')], join(own, 'mcporter.json'));
}

export const mcporter: Client = {
  id: 'mcporter',
  title: shape.title,
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'nothing to do: MCPorter reads its file at each call',
  files: (machine) => [
    { scope: 'user', path: userFile(machine), ...form },
    { scope: 'project', path: inProject(machine, 'config', 'mcporter.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['mcporter'], paths: [pathsOf(machine).dirname(userFile(machine))] }),
  entry: (request) => shapedEntry(shape, request),
  read(entry) {
    const parts = readParts(shape, entry);
    return parts.url === undefined ? { ...parts, url: readParts({ fields: { url: 'baseUrl' } }, entry).url } : parts;
  },
};
