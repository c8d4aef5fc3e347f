/** Rotations as they are told: one line a key, and the document of `--json`. */
import { EXIT_CODES, errorDocument } from '../errors.ts';
import type { Io } from '../io.ts';
import type { RotationResult, RotationState } from '../rotation/types.ts';
import { printFailure } from './failure.ts';
import { formatDate } from './times.ts';

const RESUME = 'mcpkey rotate --resume';
const FINISH = 'mcpkey rotate --finish';

export const rotationDocument = ({
  ref,
  oldId,
  newId,
  state,
  error,
  revokeAt,
  provedAt,
  oldRefusedAt,
  steps,
}: RotationResult) => ({
  ref,
  oldId,
  newId,
  state,
  error: error && errorDocument(error),
  revokeAt,
  provedAt,
  oldRefusedAt,
  ...(steps ? { steps } : {}),
});

/** As soon as a key is done; the summary comes at the end. */
export function printRotation(io: Io, result: RotationResult): void {
  const { ref, oldId, newId, state, error, revokeAt, steps = [] } = result;
  const change = `${ref}: ${oldId} → ${newId ?? '?'}`;
  const good = io.color('green', '✓');
  switch (state) {
    case 'done':
      io.out(`${good} ${newId === null ? ref : change}, and the old key is gone.`);
      break;
    case 'grace':
      io.out(
        `${good} ${change}; the old key lives until ${revokeAt ? `${formatDate(revokeAt)} (${revokeAt})` : 'later'}.`,
      );
      break;
    case 'awaiting-revoke':
      io.out(`${io.color('yellow', '!')} ${change}; revoke the old key (${oldId}) by hand, then: ${FINISH}`);
      break;
    case 'planned':
      io.out(io.bold(ref));
      for (const [index, step] of steps.entries()) io.out(`  ${index + 1}. ${step}`);
      break;
    case 'skipped':
      io.out(`${io.dim('·')} ${ref}: skipped. ${error?.message ?? ''}`.trimEnd());
      break;
    default:
      break;
  }
  if (error && state !== 'skipped') printFailure(io, ref, errorDocument(error));
  if (state === 'resumable') io.say(`  The rotation is left as it stands. Next: ${RESUME}`);
  printAround(io, result);
}

function printAround(io: Io, { ref, warnings, placements }: RotationResult): void {
  for (const { path, changed, reload } of placements) {
    if (changed) io.note(`  written anew: ${path}; ${reload}`);
  }
  for (const warning of warnings) io.warn(`${ref}: ${warning}`);
}

const WORDS: Readonly<Record<RotationState, string>> = {
  done: 'rotated',
  grace: 'in grace',
  'awaiting-revoke': 'waiting for a person to revoke the old key',
  failed: 'failed, as they were before',
  resumable: 'left to resume',
  skipped: 'skipped',
  planned: 'planned',
};

/** Of several keys, how many came to what. */
export function printSummary(io: Io, results: readonly RotationResult[]): void {
  if (results.length < 2) return;
  const counts = new Map<RotationState, number>();
  for (const { state } of results) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, count]) => `${count} ${WORDS[state]}`);
  io.note(`${results.length} keys: ${parts.join(', ')}.`);
  if (counts.has('resumable')) io.note(`Next: ${RESUME}`);
  if (counts.has('awaiting-revoke')) io.note(`When the old keys are revoked: ${FINISH}`);
}

/** One key alone: its error's own code, or `partial` where it is left to resume. Several: one code alike, else `partial`. */
export function exitOf(results: readonly RotationResult[]): number {
  const codes = new Set(results.filter(({ state }) => state !== 'skipped').map(codeOf));
  const [only = 0] = codes;
  return codes.size > 1 ? EXIT_CODES.partial : only;
}

function codeOf({ state, error }: RotationResult): number {
  if (state === 'resumable') return EXIT_CODES.partial;
  return error ? EXIT_CODES[error.code] : 0;
}
