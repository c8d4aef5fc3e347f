/** A lock that this process holds: its file, its heartbeat, and the proof that it is still ours. */
import * as fs from 'node:fs';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';
import { opened } from './folders.ts';
import type { LockContent } from './lockcontent.ts';
import { freshToken, ownIdentity } from './process.ts';

const HEARTBEAT = 4_000;
/** Milliseconds since a heartbeat in which a proof needs no other. */
const RECENT = 1_000;

export interface LockFile {
  /** Throws `conflict` where the lock is no longer ours. */
  verify(what: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Creates the lock's file, or returns undefined where another has it. All synchronous but for that: a rotation proves its
 * locks some twenty times, and in the thread pool each proof would wait behind the flushes of others.
 */
export async function holdLock(path: string, now: () => number): Promise<LockFile | undefined> {
  const content: LockContent = { ...(await ownIdentity()), token: freshToken() };
  const file = await opened(path, 'wx', 0o600).catch((error: unknown) => takenOr(error, path));
  if (file === undefined) return undefined;
  let made: fs.BigIntStats;
  let beat: (within?: number) => void;
  try {
    fs.writeFileSync(file, JSON.stringify(content));
    made = fs.fstatSync(file, { bigint: true });
    beat = heart(file, now, Number(made.mtimeMs));
    beat(RECENT);
  } catch (error) {
    fs.closeSync(file);
    fs.rmSync(path, { force: true });
    throw fileError(error, path, 'write');
  }
  // By the open file, not by the path: a heartbeat must never keep another's lock alive.
  const timer = setInterval(() => tolerant(beat), HEARTBEAT);
  timer.unref();
  /** While the file is open, no other gets its number. */
  const isOurs = () => {
    const seen = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return seen !== undefined && seen.ino === made.ino && seen.dev === made.dev;
  };
  return {
    async verify(what) {
      beat(RECENT);
      if (isOurs()) return;
      throw new UserError('conflict', `${what} was taken over by another process while this one stood still.`, {
        hint: 'Run the command again.',
      });
    },
    async release() {
      clearInterval(timer);
      const ours = isOurs();
      fs.closeSync(file);
      if (ours) unlink(path);
    },
  };
}

/** Without the looks around that `rmSync` takes first. */
function unlink(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw fileError(error, path, 'remove');
  }
}

/** A beat, unless the last one was less than `within` milliseconds ago; `first` is when the file was written. */
function heart(file: number, now: () => number, first: number): (within?: number) => void {
  let last = first;
  return (within = 0) => {
    const time = now();
    if (time >= last && time - last < within) return;
    fs.futimesSync(file, time / 1000, time / 1000);
    last = time;
  };
}

/** The next heartbeat tries again; whoever writes under the lock finds out before. */
function tolerant(beat: () => void): void {
  try {
    beat();
  } catch {
    return;
  }
}

/** Undefined where another has the file. EPERM, EACCES on Windows: another's file that is just being removed. */
export function takenOr(error: unknown, path: string): undefined {
  if (isSystemError(error, 'EEXIST')) return undefined;
  if (process.platform === 'win32' && isSystemError(error, 'EPERM', 'EACCES')) return undefined;
  throw fileError(error, path, 'write');
}
