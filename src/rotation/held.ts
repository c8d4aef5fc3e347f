/** New keys of rotations that are under way or were left: those see to their secrets, and no record names them yet. */
import type { Context } from '../context.ts';
import { refOf } from '../keys/refs.ts';
import { rotationPlaces } from './shared-journals.ts';

/** By the new key's id, the ref of the key that it is to replace. */
export async function heldByRotations(
  context: Pick<Context, 'paths' | 'locks' | 'shared' | 'host'>,
  profile: string,
): Promise<ReadonlyMap<string, string>> {
  const left = await rotationPlaces(context).journals.left();
  return new Map(
    left.flatMap(({ progress: { planned, created, rejected } }) =>
      planned.profile === profile && created && !rejected ? [[created.id, refOf(planned)]] : [],
    ),
  );
}
