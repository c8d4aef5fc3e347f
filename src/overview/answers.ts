/** Whether the endpoints answer to the keys that are placed here. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { probeCredential } from '../keys/check.ts';
import { resolveCredential } from '../keys/credential.ts';

export interface Answer {
  /** Null where nothing was asked: a local server is not started for this. */
  readonly ok: boolean | null;
  /** Why not, in one line. */
  readonly error: string | null;
}

/** One probe a ref, side by side. */
export async function askAll(context: Context, refs: readonly string[]): Promise<ReadonlyMap<string, Answer>> {
  const asked = [...new Set(refs)].map(async (ref) => [ref, await ask(context, ref)] as const);
  return new Map(await Promise.all(asked));
}

async function ask(context: Context, ref: string): Promise<Answer> {
  try {
    const credential = await resolveCredential(context, ref);
    if (credential.access === undefined) return { ok: null, error: null };
    const { ok, error } = await probeCredential(context, credential);
    return { ok, error: error?.message ?? null };
  } catch (error) {
    if (error instanceof UserError) return { ok: false, error: error.message };
    throw error;
  }
}
