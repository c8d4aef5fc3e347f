import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Ledger } from '../ledger.ts';
import { removeFile, writeAtomic } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { Locks } from '../system/types.ts';
import { readDocument } from './files.ts';

type Bindings = Pick<Ledger, 'binding' | 'bind' | 'unbind'>;

/** One file a binding, in a folder that no profile's can be: encoded names never begin with a dot. */
export function createBindings(dir: string, locks: Locks): Bindings {
  const pathOf = (project: string, server: string) =>
    join(dir, '.bindings', encodeName(project), `${encodeName(server)}.json`);
  const lockName = (project: string, server: string) => `binding ${project}/${server}`;

  return {
    binding: async (project, server) => read(pathOf(project, server)),
    bind: (project, server, binding) =>
      locks.with(lockName(project, server), async (lock) => {
        const path = pathOf(project, server);
        const before = read(path);
        if (before && before.dir !== binding.dir && before.ref !== binding.ref) {
          throw new UserError(
            'conflict',
            `@${project}/${server} stands for ${before.ref} in ${before.dir}; ${binding.dir} wants ${binding.ref}.`,
            { hint: `Give one of the two folders another "name" in its mcpkey.json, or place ${before.ref} here too.` },
          );
        }
        const text = `${JSON.stringify({ project, server, ...binding }, null, 2)}\n`;
        await writeAtomic(path, text, { beforeRename: () => lock.verify() });
      }),
    unbind: (project, server) =>
      locks.with(lockName(project, server), async (lock) => {
        await lock.verify();
        await removeFile(pathOf(project, server));
      }),
  };
}

function read(path: string): { ref: string; dir: string } | undefined {
  const document = readDocument(path);
  if (!document) return undefined;
  const { ref, dir } = document;
  if (typeof ref === 'string' && typeof dir === 'string') return { ref, dir };
  throw brokenFile(path, 'not a record of a binding');
}
