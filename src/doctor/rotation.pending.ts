import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { eachLeft, hasPending } from '../keys/pending.ts';
import { refOf } from '../keys/refs.ts';
import { rotationPlaces } from '../rotation/shared-journals.ts';
import { ok, warning } from './findings.ts';
import { NONE } from './subjects.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

const RESUME = 'mcpkey rotate --resume';

export const check: Check = {
  id: 'rotation.pending',
  title: 'Rotations that were cut short',
  looksAt: 'Journals of rotations, and of keys that were being made, which a crash or a failure left.',
  warning: 'A rotation, or the making of a key, was left in the middle. The old key still works, or the new one does.',
  remedies: ['End it: mcpkey rotate --resume'],
  async looks(scope) {
    const looks = [...(await rotations(scope)), ...(await creations(scope))];
    return looks.length > 0 ? looks : [{ subject: NONE, look: async () => ok('Nothing was left in the middle.') }];
  },
};

async function rotations({ context }: Scope): Promise<readonly Look[]> {
  const left = await rotationPlaces(context).journals.left();
  const keys = new Map(left.map(({ progress: { planned } }) => [refOf(planned), planned]));
  return [...keys].map(([subject, key]) => ({ subject, look: () => lookAt(context, key) }));
}

/** Whoever works on it holds its claim. */
async function lookAt(context: Context, key: { profile: string; name: string }): Promise<Finding> {
  const ref = refOf(key);
  try {
    return await rotationPlaces(context).claim(key, async () =>
      warning(`The rotation of ${ref} was left in the middle.`, RESUME),
    );
  } catch (error) {
    if (error instanceof UserError && error.code === 'conflict') return ok(`${ref} is being rotated now.`);
    throw error;
  }
}

async function creations({ context }: Scope): Promise<readonly Look[]> {
  if (!(await hasPending(context))) return [];
  const names: string[] = [];
  await eachLeft(context, async (pending) => {
    names.push(refOf(pending));
    return false;
  });
  return names.map((ref) => ({
    subject: ref,
    look: async () => warning(`The making of ${ref} was left in the middle.`, RESUME),
  }));
}
