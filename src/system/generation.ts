import { statSync } from 'node:fs';

/**
 * What tells one state of a file from the next without reading it: modification time, inode, size. Empty where there is
 * no file. Synchronous, because it is asked before each request and takes microseconds.
 */
export function generationOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.mtimeNs}:${stats.ino}:${stats.size}` : '';
}
