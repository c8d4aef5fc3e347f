/** Where a project's servers go: into the project's own files, else into the user's. */
import type { ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import type { Credential } from '../keys/credential.ts';
import type { WantedBinding } from '../placement/bindings.ts';
import { filesIn, machineOf } from '../placement/machine.ts';
import { wishOf } from '../placement/place.ts';
import type { PlaceJob } from '../placement/plan.ts';
import { prepareTargets } from '../placement/together.ts';
import type { Project } from './file.ts';
import type { WantedServer } from './servers.ts';

/** Clients by the scope that they are placed in; in the home folder both may be one. Throws `not_found` for an unknown one. */
export async function scopesOf(
  context: Context,
  { dir }: Pick<Project, 'dir'>,
  ids: readonly string[],
): Promise<ReadonlyMap<ClientScope, readonly string[]>> {
  const machine = machineOf(context, dir);
  const scopes = new Map<ClientScope, string[]>();
  for (const id of ids) {
    const client = await context.client(id);
    const own = new Set(dir === machine.home ? filesIn(client, 'user', machine).map(({ path }) => path) : []);
    const scope = filesIn(client, 'project', machine).some(({ path }) => !own.has(path)) ? 'project' : 'user';
    scopes.set(scope, [...(scopes.get(scope) ?? []), id]);
  }
  return scopes;
}

export interface Use {
  readonly wanted: WantedServer;
  readonly credential: Credential;
}

/** Throws as placing does, before anything is changed. */
export async function jobsFor(
  context: Context,
  project: Project,
  { wanted: { server, clients }, credential }: Use,
): Promise<readonly PlaceJob[]> {
  const jobs: PlaceJob[] = [];
  for (const [scope, ids] of await scopesOf(context, project, clients)) {
    const wish = await wishOf(context, credential, ids, { scope, name: server, dir: project.dir });
    jobs.push({ credential, wish, prepared: await prepareTargets(context, credential, ids, wish) });
  }
  return jobs;
}

/** Which key each server stands for, whether a client has it or not: `mcpkey exec @shop/stock` works all the same. */
export const bindingsOf = ({ name, dir }: Project, uses: readonly Use[]): readonly WantedBinding[] =>
  uses.map(({ wanted: { server }, credential: { ref } }) => ({ project: name, server, ref, dir }));
