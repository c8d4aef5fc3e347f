import { hasTables } from './families.ts';
import { appSupport, pathsOf } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

/** Known at second hand (nanbingxyz/5ire, README). Nothing is known to be expanded. */
const shape: Shape = { title: '5ire', remote: {} };

/** An old file has a list of servers, each with its `key`; what a file has is kept. */
function file(machine: ClientMachine): ClientFile {
  const path = pathsOf(machine).join(appSupport(machine), '5ire', 'mcp.json');
  const at = { scope: 'user', path, format: 'jsonc', mustExist: true } as const;
  const old = !hasTables(machine, path, ['mcpServers']) && /"servers"\s*:\s*\[/.test(machine.read(path) ?? '');
  return old ? { ...at, servers: ['servers'], named: 'key' } : { ...at, servers: ['mcpServers'] };
}

export const fiveIre: Client = {
  id: '5ire',
  title: shape.title,
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'restart 5ire',
  files: (machine) => [file(machine)],
  traces: (machine) => ({ programs: [], paths: [pathsOf(machine).join(appSupport(machine), '5ire')] }),
  entry: (request, { server, file: at }) => ({
    ...(at?.named === undefined ? {} : { [at.named]: server }),
    ...shapedEntry(shape, request),
  }),
  read: (entry) => readParts(shape, entry),
};
