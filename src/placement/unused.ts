/** Options that would do nothing where the key is placed: nothing is quietly ignored. */
import type { Client, ClientMachine } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { typed } from '../typed.ts';
import type { PlaceWish, PreparedTarget } from './target.ts';

/** Throws `usage`. */
export async function refuseUnused(
  context: Pick<Context, 'clients'>,
  ref: string,
  { options: { variable, dir }, scope, machine }: PlaceWish,
  prepared: readonly PreparedTarget[],
): Promise<void> {
  const ids = [...new Set(prepared.map(({ client }) => client.id))];
  const known = await context.clients();
  const clients = known.filter(({ id }) => ids.includes(id));
  if (variable !== undefined && prepared.every((target) => target.variable === null)) {
    const hasEnv = clients.length === ids.length && clients.every(({ modes }) => modes.includes('env'));
    throw new UserError('usage', '--var is for mode env and for the target env-file.', {
      hint: hasEnv ? typed`mcpkey place ${[ref, ...ids]} --mode env --var ${variable}` : 'Leave --var out.',
    });
  }
  // An env file and a hook have a folder anyway.
  if (dir === undefined || scope !== 'user' || clients.length < ids.length) return;
  if (clients.some((client) => isByFolder(client, machine))) return;
  const isShared = clients.every((client) => client.files(machine).some((file) => file.scope === 'project'));
  throw new UserError('usage', '--dir is for the files of a project, and these are the user’s.', {
    hint: isShared ? typed`mcpkey place ${[ref, ...ids]} --scope project --dir ${dir}` : 'Leave --dir out.',
  });
}

/** The user's file of some clients is the one that is nearest to the folder. */
function isByFolder(client: Client, machine: ClientMachine): boolean {
  const paths = (folder: string) => {
    const files = client.files({ ...machine, dir: folder, exists: () => false });
    return JSON.stringify(files.flatMap(({ scope, path }) => (scope === 'user' ? [path] : [])));
  };
  return paths(machine.dir) !== paths(machine.home + machine.dir);
}
