import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { eachLeft, hasPending } from '../keys/pending.ts';
import { refOf } from '../keys/refs.ts';
import type { Progress } from '../rotation/records.ts';
import { findJournals, rotationPlaces } from '../rotation/shared-journals.ts';
import { failure, ok, warning } from './findings.ts';
import { line, remedyOf } from './scope/words.ts';
import { NONE } from './subjects.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

const RESUME = 'mcpkey rotate --resume';

export const check: Check = {
  id: 'rotation.pending',
  title: 'Rotations that were cut short',
  looksAt: 'Journals of rotations, and of keys that were being made, which a crash or a failure left.',
  warning: 'A rotation, or the making of a key, was left in the middle. The old key still works, or the new one does.',
  error:
    'The old key was revoked first, as that was asked for, and there is no new one yet: no key works. Or a journal cannot be read, so nothing can be ended by it.',
  remedies: [
    'End it: mcpkey rotate --resume',
    'Mend a journal that cannot be read at the line that is named, or move it away; its key can then be rotated again.',
  ],
  async looks(scope) {
    const looks = [...(await rotations(scope)), ...(await creations(scope))];
    return looks.length > 0 ? looks : [{ subject: NONE, look: async () => ok('Nothing was left in the middle.') }];
  },
};

async function rotations({ context }: Scope): Promise<readonly Look[]> {
  const found = await findJournals(context);
  const whole = found.flatMap(({ left, fault }) => (left && !fault ? [left.progress] : []));
  const keys = new Map(whole.map((progress) => [refOf(progress.planned), progress]));
  return [
    ...[...keys].map(([subject, progress]) => ({ subject, look: () => lookAt(context, subject, progress) })),
    ...found.flatMap(({ left, fault }) => (fault ? [unreadable(fault, left && refOf(left.progress.planned))] : [])),
  ];
}

const unreadable = (fault: UserError, subject: string = NONE): Look => ({
  subject,
  look: async () => failure(fault.message, remedyOf(fault)),
});

/** Whoever works on it holds its claim. */
async function lookAt(context: Context, ref: string, { planned, retired, promoted }: Progress): Promise<Finding> {
  if (await rotationPlaces(context).isClaimed(planned)) return ok(`${ref} is being rotated now.`);
  if (!retired || promoted) return warning(`The rotation of ${ref} was left in the middle.`, RESUME);
  const seen = `No key of ${ref} works: the old one was revoked first, and its rotation has no new one yet.`;
  return failure(seen, line(['rotate', ref, '--resume']));
}

async function creations({ context }: Scope): Promise<readonly Look[]> {
  if (!(await hasPending(context))) return [];
  const looks: Look[] = [];
  try {
    await eachLeft(context, async (pending) => {
      const subject = refOf(pending);
      looks.push({ subject, look: async () => warning(`The making of ${subject} was left in the middle.`, RESUME) });
      return false;
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    looks.push(unreadable(error));
  }
  return looks;
}
