import type { Io } from '../io.ts';
import type { PlacementReport } from '../placement/types.ts';

/** What was placed, a line a file, and how each client notices. `changes` are the document of `--json`. */
export function printPlacements(io: Io, { changes, warnings }: PlacementReport): void {
  for (const { client, server, path, mode, changed, reload } of changes) {
    const mark = changed ? io.color('green', '✓') : io.dim('·');
    io.out(`${mark} ${client}: "${server}" (${mode}) ${changed ? 'in' : 'is already in'} ${path}`);
    if (changed) io.note(`  ${reload}`);
  }
  for (const warning of warnings) io.warn(warning);
}
