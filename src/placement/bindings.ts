/** Bindings: which key of this machine a project's server stands for. */
import { basename } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { allPlacements } from './book.ts';
import { startsMcpkey } from './entry.ts';
import { bindingRef, projectName } from './project.ts';
import type { PlaceWish, PreparedTarget } from './target.ts';
import type { BindingChange, OwnedPlacement } from './types.ts';

/** The binding that a project's entry stands for. Throws `conflict` where another folder of that name uses another key. */
export async function bindingFor(
  context: Context,
  credential: Credential,
  { project, server, machine }: PlaceWish,
  prepared: readonly PreparedTarget[],
): Promise<BindingChange | undefined> {
  if (project === undefined || !prepared.some((target) => startsMcpkey(target.mode))) return undefined;
  const after = { ref: credential.ref, dir: machine.dir };
  const before = (await context.ledger.binding(project, server)) ?? null;
  const other = (await usersOf(context, project, server, machine.dir)).find((owned) => owned.ref !== after.ref);
  const rival = other
    ? { ref: other.ref, dir: other.placement.dir }
    : before && before.dir !== after.dir && before.ref !== after.ref
      ? before
      : undefined;
  if (rival) {
    throw new UserError(
      'conflict',
      `${bindingRef(project, server)} stands for ${rival.ref} in ${rival.dir}; ${after.dir} wants ${after.ref}.`,
      {
        hint: `Give one of the two folders another "name" in its mcpkey.json, or place ${rival.ref} here too.`,
      },
    );
  }
  return before?.ref === after.ref ? undefined : { project, server, before, after };
}

/** Placements of other folders on this machine that stand for the same binding. */
async function usersOf(
  context: Context,
  project: string,
  server: string,
  dir: string,
): Promise<readonly OwnedPlacement[]> {
  const users: OwnedPlacement[] = [];
  for (const owned of await allPlacements(context)) {
    const { placement } = owned;
    if (placement.scope !== 'project' || placement.host !== context.host || placement.server !== server) continue;
    if (placement.dir === null || placement.dir === dir || !startsMcpkey(placement.mode)) continue;
    if ((await nameOf(placement.dir)) === project) users.push(owned);
  }
  return users;
}

/** A folder that is gone or broken since has its own name at least. */
export const nameOf = (dir: string): Promise<string> =>
  projectName(dir).catch((error: unknown) => {
    if (error instanceof UserError) return basename(dir);
    throw error;
  });

/** The bindings that nothing on this machine uses any more once `gone` are taken out. */
export async function unusedBindings(
  context: Context,
  gone: readonly OwnedPlacement[],
  left: readonly OwnedPlacement[],
): Promise<readonly BindingChange[]> {
  const name = async ({ placement: { scope, dir, mode, server, host } }: OwnedPlacement) =>
    scope === 'project' && dir !== null && startsMcpkey(mode) && host === context.host
      ? bindingRef(await nameOf(dir), server)
      : undefined;
  const used = new Set(await Promise.all(left.map(name)));
  const changes = new Map<string, BindingChange>();
  for (const owned of gone) {
    const ref = await name(owned);
    if (ref === undefined || used.has(ref)) continue;
    const { server, dir } = owned.placement;
    const project = await nameOf(dir ?? '');
    const before = await context.ledger.binding(project, server);
    if (before) changes.set(ref, { project, server, before, after: null });
  }
  return [...changes.values()];
}
