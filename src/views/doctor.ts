/** How a diagnosis looks: what is wrong first, with its remedy; the rest in one line a group. */
import type { Diagnosis, DoctorRow } from '../doctor/run.ts';
import type { CheckState } from '../doctor/types.ts';
import type { Io } from '../io.ts';

/** A row as `--json` has it. */
export const doctorDocument = ({ id, subject, state, seen, fix, advice, accepted }: Diagnosis): DoctorRow => ({
  id,
  subject,
  state,
  seen,
  fix,
  ...(advice === undefined ? {} : { advice }),
  accepted,
});

const GROUPS: Readonly<Record<string, string>> = {
  runtime: 'mcpkey',
  completion: 'mcpkey',
  config: 'mcpkey',
  store: 'Secret store',
  profile: 'Services',
  key: 'Keys',
  placement: 'What is placed',
  client: 'Clients',
  rotation: 'Rotations',
};

const groupOf = ({ id }: DoctorRow): string => GROUPS[id.slice(0, id.indexOf('.'))] ?? id;

export function printDiagnosis(io: Io, rows: readonly DoctorRow[], everything: boolean): void {
  for (const group of new Set(rows.map(groupOf)))
    printGroup(
      io,
      group,
      rows.filter((row) => groupOf(row) === group),
      everything,
    );
  const [errors, warnings] = (['error', 'warning'] as const).map((state) => rows.filter((row) => row.state === state));
  io.out(`\n${summary(io, errors?.length ?? 0, warnings?.length ?? 0)}`);
}

function printGroup(io: Io, title: string, rows: readonly DoctorRow[], everything: boolean): void {
  const shown = rows.filter(({ state }) => everything || state === 'error' || state === 'warning');
  const fine = rows.filter(({ state }) => state === 'ok').length;
  const count = `${fine} fine`;
  io.out(`${markOf(io, worstOf(rows))} ${io.bold(title)}  ${io.dim(count)}`);
  for (const row of shown) printRow(io, row);
}

function printRow(io: Io, { id, subject, state, seen, fix, advice }: DoctorRow): void {
  const about = subject === '-' ? '' : ` ${io.bold(subject)}`;
  io.out(`  ${markOf(io, state)}${about} ${io.dim(id)}`);
  io.out(io.wrap(`${INDENT}${seen}`, INDENT));
  if (advice !== undefined && advice !== fix) io.out(io.dim(io.wrap(`${INDENT}${advice}`, INDENT)));
  if (fix === null) return;
  const remedy = `${INDENT}${io.color('cyan', '→')} ${fix}`;
  // A command stays on its line, to be copied.
  io.out(/^[A-Z]/.test(fix) ? io.wrap(remedy, `${INDENT}  `) : remedy);
}

const INDENT = '    ';

const RANK: readonly CheckState[] = ['error', 'warning', 'ok', 'skipped'];

const worstOf = (rows: readonly DoctorRow[]): CheckState =>
  RANK.find((state) => rows.some((row) => row.state === state)) ?? 'skipped';

function markOf(io: Io, state: CheckState): string {
  if (state === 'error') return io.color('red', '✗');
  if (state === 'warning') return io.color('yellow', '!');
  return state === 'ok' ? io.color('green', '✓') : io.dim('·');
}

function summary(io: Io, errors: number, warnings: number): string {
  if (errors + warnings === 0) return io.color('green', 'All is well.');
  const parts = [counted(errors, 'error'), counted(warnings, 'warning')].filter((part) => part !== '');
  return `${io.bold(parts.join(' and '))}. What one means: mcpkey help checks ID`;
}

const counted = (count: number, what: string): string =>
  count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
