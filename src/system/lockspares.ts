/**
 * Files of this process that say who it is. A lock is held by linking one of them to its name, and they are kept for the
 * next lock while any is held: a file that is made and removed costs more than all else, the more so the more of them
 * were removed lately.
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from './faults.ts';
import type { LockContent } from './lockcontent.ts';
import { freshToken, ownIdentity } from './process.ts';

export interface OwnFile {
  readonly path: string;
  /** Open, so that no other file gets its number. */
  readonly file: number;
  readonly made: fs.BigIntStats;
}

export interface LockSpares {
  /** One that is linked nowhere. Throws as the system does. */
  take(folder: string): Promise<OwnFile>;
  giveBack(own: OwnFile): void;
  /** In the place of `giveBack`, where the file is not to be used again. */
  discard(own: OwnFile): void;
}

export function createLockSpares(): LockSpares {
  const spares: OwnFile[] = [];
  let taken = 0;

  /** Nothing of ours stays behind when nothing is held. */
  function tidy(): void {
    taken -= 1;
    if (taken > 0) return;
    for (const spare of spares.splice(0)) removeOwn(spare);
  }

  return {
    async take(folder) {
      const at = spares.findIndex(({ path }) => dirname(path) === folder);
      const [spare] = at === -1 ? [] : spares.splice(at, 1);
      // Counted at once: while one is being made, those that are there stay.
      taken += 1;
      try {
        return spare ?? (await makeOwn(join(folder, `.${freshToken()}.lock`)));
      } catch (error) {
        tidy();
        throw error;
      }
    },
    giveBack(own) {
      spares.push(own);
      tidy();
    },
    discard(own) {
      removeOwn(own);
      tidy();
    },
  };
}

/** Throws as the system does, EEXIST where there is such a file. */
export async function makeOwn(path: string): Promise<OwnFile> {
  const content: LockContent = { ...(await ownIdentity()), token: freshToken() };
  const file = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(file, JSON.stringify(content));
    return { path, file, made: fs.fstatSync(file, { bigint: true }) };
  } catch (error) {
    fs.closeSync(file);
    fs.rmSync(path, { force: true });
    throw error;
  }
}

export function removeOwn({ path, file }: OwnFile): void {
  fs.closeSync(file);
  unlink(path);
}

/** Without the looks around that `rmSync` takes first. */
export function unlink(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw fileError(error, path, 'remove');
  }
}
