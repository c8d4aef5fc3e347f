import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * False on a machine that lacks one of these programs. In CI they must be there, so that nothing is skipped unseen;
 * `.ci/run` installs them.
 */
export function hasPrograms(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length > 0 && process.env.CI) throw new Error(`not installed: ${missing.join(', ')}`);
  return missing.length === 0;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
