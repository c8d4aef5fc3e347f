/** Bindings: which key of this machine a project's server stands for. They follow the placements that stand for them. */
import { basename } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { typed } from '../typed.ts';
import { startsMcpkey } from './entry.ts';
import { bindingRef, projectName } from './project.ts';
import type { BindingChange, OwnedPlacement } from './types.ts';

type Binding = NonNullable<BindingChange['after']>;

/** A binding that a command asks for itself, with or without a placement. */
export interface WantedBinding extends Binding {
  readonly project: string;
  readonly server: string;
}

interface Standing {
  readonly project: string;
  readonly server: string;
  readonly users: readonly OwnedPlacement[];
}

/** A folder that is gone or broken since has its own name at least. */
export const nameOf = (dir: string): Promise<string> =>
  projectName(dir).catch((error: unknown) => {
    if (error instanceof UserError) return basename(dir);
    throw error;
  });

/** Placements on this machine by the binding that they stand for. */
async function standingsOf(
  context: Pick<Context, 'host'>,
  placements: readonly OwnedPlacement[],
): Promise<ReadonlyMap<string, Standing>> {
  const names = new Map<string, string>();
  const standings = new Map<string, Standing>();
  for (const owned of placements) {
    const { scope, dir, mode, server, host } = owned.placement;
    if (scope !== 'project' || dir === null || host !== context.host || !startsMcpkey(mode)) continue;
    const project = names.get(dir) ?? (await nameOf(dir));
    names.set(dir, project);
    const ref = bindingRef(project, server);
    standings.set(ref, { project, server, users: [...(standings.get(ref)?.users ?? []), owned] });
  }
  return standings;
}

/** What stands for the wanted binding in its folder with another key: it moves to the new one with it. */
export async function placementsToMove(
  context: Pick<Context, 'host'>,
  book: readonly OwnedPlacement[],
  { project, server, ref, dir }: WantedBinding,
): Promise<readonly OwnedPlacement[]> {
  const users = (await standingsOf(context, book)).get(bindingRef(project, server))?.users ?? [];
  return users.filter((owned) => owned.placement.dir === dir && owned.ref !== ref);
}

/**
 * How the bindings change so that they fit the placements `next` as they fitted `book`. Throws `conflict` where one
 * would have to stand for two keys: no folder decides what another one of its name uses.
 */
export async function bindingsBetween(
  context: Pick<Context, 'host' | 'ledger'>,
  [book, next]: readonly [readonly OwnedPlacement[], readonly OwnedPlacement[]],
  wanted?: WantedBinding,
): Promise<readonly BindingChange[]> {
  const [was, will] = [await standingsOf(context, book), await standingsOf(context, next)];
  const own = wanted && bindingRef(wanted.project, wanted.server);
  const changes: BindingChange[] = [];
  for (const ref of new Set([...was.keys(), ...will.keys(), ...(own === undefined ? [] : [own])])) {
    const wish = ref === own ? wanted : undefined;
    const [old, fresh] = [was.get(ref)?.users ?? [], will.get(ref)?.users ?? []];
    if (!wish && old.length === fresh.length && old.every((owned) => fresh.includes(owned))) continue;
    const { project, server } = will.get(ref) ?? was.get(ref) ?? wish ?? { project: '', server: '' };
    const before = (await context.ledger.binding(project, server)) ?? null;
    const after = bindingOf({ ref, before, old, fresh, wish });
    if (before?.ref !== after?.ref || before?.dir !== after?.dir) changes.push({ project, server, before, after });
  }
  return changes;
}

interface Question {
  readonly ref: string;
  readonly before: Binding | null;
  readonly old: readonly OwnedPlacement[];
  readonly fresh: readonly OwnedPlacement[];
  readonly wish: WantedBinding | undefined;
}

function bindingOf({ ref, before, old, fresh, wish }: Question): Binding | null {
  const users = fresh.map(asBinding);
  const added = fresh.find((owned) => !old.includes(owned));
  const wanted = wish ?? (added && asBinding(added));
  if (!wanted) {
    const [user] = users;
    if (!user) return null;
    // Where the folder that it was made for uses it no more, another one of that name goes on.
    const kept = before && (before.ref !== user.ref || users.some(({ dir }) => dir === before.dir));
    return kept ? before : user;
  }
  const rival = users.find((user) => user.ref !== wanted.ref);
  if (rival) throw twoKeys(ref, rival, wanted);
  const left = (dir: string) => !users.some((user) => user.dir === dir) && old.some((one) => one.placement.dir === dir);
  if (before && before.dir !== wanted.dir && !left(before.dir)) {
    if (before.ref !== wanted.ref) throw twoKeys(ref, before, wanted);
    return before;
  }
  return { ref: wanted.ref, dir: wanted.dir };
}

const asBinding = ({ ref, placement }: OwnedPlacement): Binding => ({ ref, dir: placement.dir ?? '' });

const twoKeys = (binding: string, rival: Binding, wanted: Binding) =>
  new UserError('conflict', `${binding} stands for ${rival.ref} in ${rival.dir}; ${wanted.dir} wants ${wanted.ref}.`, {
    hint:
      rival.dir === wanted.dir
        ? typed`Take it out there first: mcpkey unplace ${rival.ref} CLIENT`
        : `Give one of the two folders another "name" in its mcpkey.json, or place ${rival.ref} here too.`,
  });
