import { inHome, inProject, pathsOf } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

/** continuedev/continue, docs/customize/deep-dives/mcp.mdx: a list of servers that name themselves. */
const shape: Shape = {
  title: 'Continue',
  fields: { headers: ['requestOptions', 'headers'] },
  remote: { type: 'streamable-http' },
  variable: (name) => `\${{ secrets.${name} }}`,
};

const form = { format: 'yaml', servers: ['mcpServers'], named: 'name' } as const;
const head = (name: string): string => `name: ${name}\nversion: 0.0.1\nschema: v1\n`;

/** A fresh config.yaml would hide the models of an old config.json, so none is made beside one. */
const userFile = (machine: ClientMachine): ClientFile => ({
  scope: 'user',
  path: inHome(machine, '.continue', 'config.yaml'),
  ...form,
  fresh: head('Local Assistant'),
  mustExist: machine.exists(inHome(machine, '.continue', 'config.json')),
});

/** A project has a folder of files; ours is one of its own, the others are read. */
function projectFiles(machine: ClientMachine): readonly ClientFile[] {
  const folder = inProject(machine, '.continue', 'mcpServers');
  const own = 'mcpkey.yaml';
  const others = machine.names(folder).filter((name) => name !== own && /\.(ya?ml|json)$/.test(name));
  return [
    { scope: 'project', path: pathsOf(machine).join(folder, own), ...form, fresh: head('mcpkey') },
    ...others.map((name): ClientFile => {
      const at = { scope: 'project', path: pathsOf(machine).join(folder, name), aside: true } as const;
      return name.endsWith('.json') ? { ...at, format: 'jsonc', servers: ['mcpServers'] } : { ...at, ...form };
    }),
  ];
}

export const continueDev: Client = {
  id: 'continue',
  title: shape.title,
  modes: ['proxy', 'wrap', 'env', 'plain'],
  reload: 'Continue reads its file again when it is saved; start cn again',
  files: (machine) => [userFile(machine), ...projectFiles(machine)],
  traces: (machine) => ({ programs: ['cn'], paths: [inHome(machine, '.continue')] }),
  entry: (request, { server }) => ({ name: server, ...shapedEntry(shape, request) }),
  read(entry) {
    const parts = readParts(shape, entry);
    return Object.keys(parts.headers).length > 0 ? parts : readParts({}, entry);
  },
  notice: (_scope, mode) =>
    mode === 'env' ? 'Continue takes variables from ~/.continue/.env or from where it was started.' : undefined,
};
