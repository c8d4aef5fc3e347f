import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { chmod, cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { emptyFolder } from './folder.ts';

const mounted: string[] = [];

/** Small disks are mounted, and other users run, by root alone; in CI the tests are run by root, so nothing is skipped. */
export function isRoot(): boolean {
  const root = process.getuid?.() === 0;
  if (!root && process.env.CI) throw new Error('these tests need root in CI');
  return root;
}

/** A disk of `kilobytes`, in memory; taken away after the test file. */
export async function smallDisk(kilobytes: number): Promise<string> {
  const folder = await emptyFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0777`, 'tmpfs', folder]);
  mounted.push(folder);
  return folder;
}

/** The same disk, from now on read-only; `false` makes it writable again. */
export function setReadOnly(folder: string, readOnly = true): void {
  execFileSync('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder]);
}

/** Fills a disk to its last page. */
export function fillUp(disk: string): void {
  const path = join(disk, 'filler');
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, 'x'.repeat(size), { flag: 'a' });
    } catch {
      // Full for this size: try a smaller one.
    }
  }
}

/** Room again. */
export const makeRoom = (disk: string): void => rmSync(join(disk, 'filler'), { force: true });

/** A user without rights, and a folder that it may enter. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

/** That user, with a copy of the built program (its entry) where everyone may read it. */
export async function nobody(entry: string): Promise<typeof NOBODY & { readonly program: string }> {
  const folder = await emptyFolder();
  await cp(dirname(dirname(entry)), folder, { recursive: true });
  await chmod(folder, 0o755);
  return { ...NOBODY, program: join(folder, 'bin/mcpkey.js') };
}

afterAll(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['-l', folder]);
});
