import { openCodeShape } from './families.ts';
import { codeStorage, configHome, inProject, othersThere, pathsOf, thereOr } from './folders.ts';
import { readParts, type Shape, shapedEntry } from './shapes.ts';
import type { Client, ClientFile, ClientMachine } from './types.ts';

const shape = openCodeShape('Kilo Code');
/** Of the extension before it took over OpenCode's form: no variable is expanded there (Kilo-Org/kilocode#14458). */
const legacy: Shape = { title: 'Kilo Code', remote: { type: 'streamable-http' } };

const NAMES = ['kilo.jsonc', 'kilo.json'];
const STORAGE = 'kilocode.kilo-code';

const own = (machine: ClientMachine): string => pathsOf(machine).join(configHome(machine), 'kilo');

/** The old file is written only where there is none of the new form; both are read. */
function filesOf(
  machine: ClientMachine,
  scope: 'user' | 'project',
  paths: { fresh: readonly string[]; usual: string; old: string },
): ClientFile[] {
  const used = thereOr(machine, paths.fresh, paths.usual);
  const hasOld = machine.exists(paths.old);
  const useOld = hasOld && !machine.exists(used);
  const old = { scope, path: paths.old, format: 'jsonc', servers: ['mcpServers'], aside: !useOld } as const;
  const fresh = { scope, path: used, format: 'jsonc', servers: ['mcp'] } as const;
  const others = othersThere(machine, paths.fresh, used).map((path) => ({ ...fresh, path, aside: true }));
  return [...(useOld ? [] : [fresh]), ...(hasOld ? [old] : []), ...others];
}

export const kiloCode: Client = {
  id: 'kilo-code',
  title: shape.title,
  modes: ['proxy', 'wrap', 'env', 'plain'],
  kinds: { needed: 'always' },
  reload: 'restart Kilo Code',
  files(machine) {
    const { join } = pathsOf(machine);
    const user = NAMES.map((name) => join(own(machine), name));
    const project = ['.kilo', ''].flatMap((folder) => NAMES.map((name) => inProject(machine, folder, name)));
    return [
      ...filesOf(machine, 'user', {
        fresh: user,
        usual: join(own(machine), 'kilo.json'),
        old: codeStorage(machine, STORAGE, 'settings', 'mcp_settings.json'),
      }),
      ...filesOf(machine, 'project', {
        fresh: project,
        usual: inProject(machine, '.kilo', 'kilo.jsonc'),
        old: inProject(machine, '.kilocode', 'mcp.json'),
      }),
    ];
  },
  traces: (machine) => ({ programs: ['kilo'], paths: [own(machine), codeStorage(machine, STORAGE)] }),
  entry: (request, { file }) => shapedEntry(file?.servers[0] === 'mcpServers' ? legacy : shape, request),
  read(entry) {
    // The new form has neither field.
    const old = readParts(legacy, entry);
    return old.args.length > 0 || Object.keys(old.env).length > 0 ? old : readParts(shape, entry);
  },
};
