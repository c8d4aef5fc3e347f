/** Whether the keys that were moved still work: each is asked for where it stood, and nowhere else. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isRefused, probeValue } from '../keys/check.ts';
import { typed } from '../typed.ts';
import type { AdoptedKey } from './adopt.ts';
import type { AdoptPlan } from './plan.ts';

export interface Proof {
  readonly ref: string;
  /** `unknown`: it could not be asked, or is not asked here. */
  readonly state: 'works' | 'dead' | 'unknown';
  /** What was said, in one line; empty where it works. */
  readonly why: string;
}

/** Side by side. A command that stands in a project's file is not started: someone else may have written it. */
export async function proveKeys(
  context: Context,
  keys: readonly AdoptedKey[],
  plan: Pick<AdoptPlan, 'servers'>,
): Promise<readonly Proof[]> {
  const foreign = new Set(
    plan.servers.flatMap(({ found, key, further }) => (found.file.scope === 'project' ? [key, ...further] : [])),
  );
  const proofs = keys.map(async (key): Promise<Proof> => {
    const { ref, planned } = key;
    if (planned.provider.settings.command && foreign.has(planned)) {
      return {
        ref,
        state: 'unknown',
        why: typed`its command stands in a project's file, and was not started; mcpkey verify ${ref}`,
      };
    }
    return prove(context, key);
  });
  return Promise.all(proofs);
}

async function prove(context: Context, { ref, record, planned }: AdoptedKey): Promise<Proof> {
  const { profile, provider, value } = planned;
  try {
    const result = await probeValue(context, { profile, provider }, value);
    if (result.error === null) {
      const provedAt = new Date(context.now()).toISOString();
      await context.ledger.record({ command: 'adopt', ref, newId: record.id, provedAt });
      return { ref, state: 'works', why: '' };
    }
    return { ref, state: isRefused(result) ? 'dead' : 'unknown', why: result.error.message };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ref, state: 'unknown', why: error.message };
  }
}
