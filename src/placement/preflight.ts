/** What can be known of a placement before there is a key to place: so that no key is made for nothing. */
import { readEntry } from '../clients/formats/index.ts';
import type { Client, ClientFile, ClientMachine, ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { retell, UserError } from '../errors.ts';
import { readRegular } from '../system/files.ts';
import { allPlacements } from './book.ts';
import { entryNotOurs } from './draft.ts';
import { filesOf, machineOf, projectFolder } from './machine.ts';
import { checkName, projectName } from './project.ts';
import { placeOf } from './target.ts';
import type { PlaceOptions } from './types.ts';

/**
 * Throws what placing into these clients would: `not_found` for an unknown client, `unsupported` for a scope that it has
 * not, `usage` for a name, `bad_config_file`, `conflict` where an entry of that name is someone else's.
 */
export async function checkTargets(
  context: Context,
  clients: readonly string[],
  { server, scope = 'user', dir }: { server: string } & Pick<PlaceOptions, 'scope' | 'dir'>,
): Promise<void> {
  if (clients.length === 0) return;
  const name = checkName(server, 'The server name');
  const folder = await projectFolder(context, dir);
  if (scope === 'project') await projectName(folder);
  const known = await allPlacements(context);
  for (const id of new Set(clients)) {
    for (const file of filesIn(await context.client(id), scope, machineOf(context, folder))) {
      const place = placeOf(file);
      const entry = await readEntry(await readRegular(file.path), place, name);
      const ours = known.some(({ placement }) => placement.path === file.path && placement.server === name);
      // An entry of mcpkey's that another machine wrote (a home folder that is synchronised) may be the very same.
      if (entry !== undefined && !ours && !JSON.stringify(entry).includes('mcpkey')) {
        throw retell(entryNotOurs(place, name), {
          hint: `Choose another name with --name (setup, place), or replace it: mcpkey place KEY ${id} --force`,
        });
      }
    }
  }
}

/** The commands that ask take `--project`; their `--scope` is the key's. */
function filesIn(client: Client, scope: ClientScope, machine: ClientMachine): readonly ClientFile[] {
  try {
    return filesOf(client, scope, machine);
  } catch (error) {
    if (!(error instanceof UserError) || scope !== 'project') throw error;
    throw retell(error, { hint: `Leave --project out, or leave ${client.id} out.` });
  }
}
