/** Places several keys of one command, each into clients of its own: one change, which one undo puts back. */
import type { Context } from '../context.ts';
import type { Credential } from '../keys/credential.ts';
import { refuseTracked } from './git.ts';
import { placeCredential, placeJobs, renewIfRotated, wishOf } from './place.ts';
import { prepareTargets } from './together.ts';
import type { PlacementReport, PlaceOptions } from './types.ts';

export interface EachWish {
  readonly credential: Credential;
  readonly clients: readonly string[];
}

/**
 * In the user's files, or of one key alone: a project's entry stands for one key. Undefined where there is nothing to
 * place. Throws as a placement does.
 */
export async function placeEach(
  context: Context,
  all: readonly EachWish[],
  options: PlaceOptions & { readonly command: string },
): Promise<PlacementReport | undefined> {
  const wishes = all.filter(({ clients }) => clients.length > 0);
  const [only, second] = wishes;
  if (!only) return undefined;
  if (!second) return placeCredential(context, only.credential, only.clients, options);
  const jobs = await Promise.all(
    wishes.map(async ({ credential, clients }) => {
      const wish = await wishOf(context, credential, clients, options);
      return { credential, wish, prepared: await prepareTargets(context, credential, clients, wish) };
    }),
  );
  const plain = jobs.filter(({ prepared }) => prepared.some(({ mode }) => mode === 'plain'));
  for (const { realPath } of plain.flatMap(({ prepared }) => prepared)) await refuseTracked(context, realPath);
  const carried = await Promise.all(
    plain.map(async ({ credential }) => ({ record: credential.record, old: await credential.read() })),
  );
  const { changes, warnings, id } = await placeJobs(context, jobs, { command: options.command });
  const renewed: string[] = [];
  for (const { record, old } of carried) {
    if (record) renewed.push(...(await renewIfRotated(context, { record, old, hooks: [] })));
  }
  return { changes, warnings: [...warnings, ...renewed], id };
}
