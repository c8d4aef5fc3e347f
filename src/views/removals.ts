import type { Io } from '../io.ts';
import type { PlacementReport } from '../placement/types.ts';

/** What was taken out, a line a file. `changes` are the document of `--json`. */
export function printRemovals(io: Io, { changes, warnings }: PlacementReport): void {
  if (io.json) io.document(changes);
  for (const { client, server, path, changed, reload } of io.json ? [] : changes) {
    const mark = changed ? io.color('green', '✓') : io.dim('·');
    io.out(`${mark} ${client}: "${server}" ${changed ? 'is out of' : 'was not taken out of'} ${path}`);
    if (changed) io.note(`  ${reload}`);
  }
  for (const warning of warnings) io.warn(warning);
}
