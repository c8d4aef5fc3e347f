import type { Context } from '../context.ts';
import { eachLeft, hasPending } from '../keys/pending.ts';
import { refOf } from '../keys/refs.ts';
import type { Progress } from '../rotation/records.ts';
import { rotationPlaces } from '../rotation/shared-journals.ts';
import { failure, ok, warning } from './findings.ts';
import { line } from './scope/words.ts';
import { NONE } from './subjects.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

const RESUME = 'mcpkey rotate --resume';

export const check: Check = {
  id: 'rotation.pending',
  title: 'Rotations that were cut short',
  looksAt: 'Journals of rotations, and of keys that were being made, which a crash or a failure left.',
  warning: 'A rotation, or the making of a key, was left in the middle. The old key still works, or the new one does.',
  error: 'The old key was revoked first, as that was asked for, and there is no new one yet: no key works.',
  remedies: ['End it: mcpkey rotate --resume'],
  async looks(scope) {
    const looks = [...(await rotations(scope)), ...(await creations(scope))];
    return looks.length > 0 ? looks : [{ subject: NONE, look: async () => ok('Nothing was left in the middle.') }];
  },
};

async function rotations({ context }: Scope): Promise<readonly Look[]> {
  const left = await rotationPlaces(context).journals.left();
  const keys = new Map(left.map(({ progress }) => [refOf(progress.planned), progress]));
  return [...keys].map(([subject, progress]) => ({ subject, look: () => lookAt(context, subject, progress) }));
}

/** Whoever works on it holds its claim. */
async function lookAt(context: Context, ref: string, { planned, retired, promoted }: Progress): Promise<Finding> {
  if (await rotationPlaces(context).isClaimed(planned)) return ok(`${ref} is being rotated now.`);
  if (!retired || promoted) return warning(`The rotation of ${ref} was left in the middle.`, RESUME);
  const seen = `No key of ${ref} works: the old one was revoked first, and its rotation has no new one yet.`;
  return failure(seen, line(['rotate', ref, '--resume']));
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
