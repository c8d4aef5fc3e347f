import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
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

/** A user without rights, and a folder that it may enter. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

export async function foldersOfRoot(): Promise<string> {
  const folder = await emptyFolder();
  await chmod(folder, 0o755);
  return folder;
}

afterAll(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['-l', folder]);
});
