/** The other entries of a project's server stand for its binding as well: they go with it to another key. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { placementsToMove, type WantedBinding } from './bindings.ts';
import { allPlacements } from './book.ts';
import { startsMcpkey } from './entry.ts';
import { type PlaceWish, type PreparedTarget, prepareTarget } from './target.ts';
import type { OwnedPlacement } from './types.ts';

/** The binding that what is placed needs, in project scope. */
export function wantedBinding(
  { ref }: Pick<Credential, 'ref'>,
  { project, server, machine }: PlaceWish,
  prepared: readonly PreparedTarget[],
): WantedBinding | undefined {
  if (project === undefined || !prepared.some((target) => startsMcpkey(target.mode))) return undefined;
  return { project, server, ref, dir: machine.dir };
}

/** What is to be placed besides `prepared`, so that no entry is left that silently uses another key. */
export async function prepareMoves(
  context: Context,
  credential: Credential,
  wish: PlaceWish,
  { prepared, wanted }: { prepared: readonly PreparedTarget[]; wanted: WantedBinding | undefined },
): Promise<readonly PreparedTarget[]> {
  if (!wanted) return [];
  const moves: PreparedTarget[] = [];
  for (const moved of await placementsToMove(context, await allPlacements(context), wanted)) {
    const { client, path } = moved.placement;
    if (prepared.some((target) => target.client.id === client && target.place.path === path)) continue;
    const targets = await prepareAlike(context, credential, wish, moved);
    moves.push(
      ...targets.filter(({ place }) => place.path === path).map((target) => ({ ...target, moved, warnings: [] })),
    );
  }
  return moves;
}

/** In the mode that it has; where this key cannot be used so, in the best one. */
async function prepareAlike(
  context: Context,
  credential: Credential,
  wish: PlaceWish,
  { placement: { client, mode } }: OwnedPlacement,
): Promise<readonly PreparedTarget[]> {
  const prepare = (as: typeof mode | undefined) =>
    prepareTarget(context, credential, client, { ...wish, options: { ...wish.options, mode: as } });
  try {
    return await prepare(mode);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'unsupported') throw error;
    return prepare(undefined);
  }
}
