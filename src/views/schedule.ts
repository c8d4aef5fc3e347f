import type { Io } from '../io.ts';
import type { ScheduleRow } from '../schedule/install.ts';
import { formatAgo } from './times.ts';

/** The row, one to a document; `now` in ms. */
export function printSchedule(io: Io, row: ScheduleRow, now: number): void {
  if (io.json) {
    io.document([row]);
    return;
  }
  if (row.at === null) {
    io.out('No keys are rotated at night.');
    io.note('Next: mcpkey schedule install');
    return;
  }
  const mark = row.active ? io.color('green', '✓') : io.color('yellow', '!');
  const next = row.next === null ? '' : `, the next time ${formatAgo(row.next, now)}`;
  io.out(`${mark} ${row.name}: at ${row.at}${next} (${row.detail})`);
  io.out(`  ${row.command.join(' ')}`);
  for (const file of row.files) io.out(io.dim(`  ${file}`));
}
