/** Findings as checks write them, and several of one subject as one. */
import type { CheckState, Finding } from './types.ts';

type More = Pick<Finding, 'advice' | 'mend'>;

export const ok = (seen: string): Finding => ({ state: 'ok', seen, fix: null });
export const skipped = (seen: string): Finding => ({ state: 'skipped', seen, fix: null });
export const warning = (seen: string, fix: string | null, more: More = {}): Finding => ({
  state: 'warning',
  seen,
  fix,
  ...more,
});
export const failure = (seen: string, fix: string | null, more: More = {}): Finding => ({
  state: 'error',
  seen,
  fix,
  ...more,
});

const RANK: Readonly<Record<CheckState, number>> = { error: 3, warning: 2, ok: 1, skipped: 0 };

export const isFinding = ({ state }: Pick<Finding, 'state'>): boolean => state === 'error' || state === 'warning';

/** A command that can be run as it stands. */
export const isCommand = (fix: string | null): fix is string =>
  fix !== null && /^(?:mcpkey|chmod|git|npm|mkdir|mv) /.test(fix);

/** The worst state, everything that is wrong, and one line that mends it all. */
export function together(findings: readonly Finding[], otherwise: string): Finding {
  const [first] = [...findings].sort((one, other) => RANK[other.state] - RANK[one.state]);
  if (!first) return skipped(otherwise);
  const wrong = findings.filter(isFinding);
  const [only, second] = wrong;
  if (!only) return first;
  if (!second) return only;
  const mends = wrong.flatMap(({ mend }) => mend ?? []);
  return {
    state: first.state,
    seen: unique(wrong.map(({ seen }) => seen)).join(' '),
    fix: joined(wrong.map(({ fix }) => fix)),
    advice: unique(wrong.flatMap(({ advice }) => advice ?? [])).join(' ') || undefined,
    mend:
      mends.length === 0
        ? undefined
        : async () => {
            const done: string[] = [];
            for (const mend of mends) done.push(await mend());
            return unique(done).join(' ');
          },
  };
}

/** Words cannot be run, so they stand alone, behind the commands that can. */
function joined(fixes: readonly (string | null)[]): string | null {
  const commands = unique(fixes.filter(isCommand));
  if (commands.length > 0) return commands.join(' && ');
  return unique(fixes.flatMap((fix) => fix ?? [])).join(' ') || null;
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
