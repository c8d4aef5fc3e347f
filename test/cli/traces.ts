/** What a command leaves behind: every file of a machine, to be compared before and after. */
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Each file below `folder` with a digest of its bytes; a link with where it leads. */
export async function tracesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const traces: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) traces[path] = `-> ${await readlink(path)}`;
    else if (entry.isFile())
      traces[path] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
  }
  return traces;
}
