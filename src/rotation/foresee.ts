/** What a rotation would do now, from whatever state the key is in. Nothing is asked of anyone. */
import type { PreviousKey } from '../ledger.ts';
import type { Provider } from '../providers/types.ts';
import { leftOf, refuseOthers } from './left.ts';
import { planInWords, planRotation, shortened } from './plan.ts';
import { checkRotatable, emptyResult, guarded } from './rotate.ts';
import type { RotatingKey, RotationOptions, RotationPorts, RotationResult } from './types.ts';

export const GO_ON = 'go on with the rotation that was left';

/** Fails as the rotation itself would, as far as that is known beforehand. */
export async function planKey(
  ports: RotationPorts,
  key: RotatingKey,
  options: RotationOptions,
): Promise<RotationResult> {
  return guarded(key, async () => {
    const left = await leftOf(ports, key);
    if (left) refuseOthers(left, options);
    const { planned, rejected } = left?.progress ?? {};
    if (planned?.from === 'start' && !rejected) return { ...emptyResult(key, 'planned'), steps: [GO_ON] };
    checkRotatable(key);
    const { provider } = await ports.connect(key.profile);
    const plan = planRotation(provider, key.record, options, ports.context.now());
    const { previous } = key.record;
    const before = previous ? [endingInWords(previous, provider)] : left ? [GO_ON] : [];
    const steps = [...before, ...planInWords(plan, provider.title)];
    return { ...emptyResult(key, 'planned'), steps, warnings: shortened(plan, key.record, options) };
  });
}

function endingInWords({ id, lapses }: PreviousKey, { operations, title }: Provider): string {
  const first = `end the old key ${id} first, and see it refused`;
  if (lapses || operations.revoke.mode === 'api') return first;
  return `${first}: you revoke it in the dashboard of ${title}, and until then no other key is made`;
}
