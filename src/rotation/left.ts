/** A rotation that was left in the middle, where another of its key is asked for. */
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import { typed } from '../typed.ts';
import type { LeftRotation } from './journal.ts';
import type { RotatingKey, RotationOptions, RotationPorts } from './types.ts';

export async function leftOf(ports: RotationPorts, { record }: RotatingKey): Promise<LeftRotation | undefined> {
  const [left] = await ports.journals.left(record);
  return left;
}

/** Throws `conflict` where something else is asked for than what was begun: that cannot be had in its middle. */
export function refuseOthers({ progress: { planned, rejected } }: LeftRotation, options: RotationOptions): void {
  const { plan, onRotated, from } = planned;
  if (from === 'promoted' || rejected) return;
  const { grace, order = plan.order, shortenGrace } = options;
  const asBegun = grace === 0 || grace === plan.grace || (shortenGrace && plan.grace > 0 && plan.grace < grace);
  if (asBegun && order === plan.order && (options.onRotated ?? onRotated) === onRotated) return;
  throw new UserError('conflict', `A rotation of ${refOf(planned)} with other options was left in the middle.`, {
    hint: typed`mcpkey rotate ${refOf(planned)} --resume   (ends that one as it was begun)`,
  });
}
