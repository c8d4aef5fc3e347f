/** A lock that this process holds: its file, its heartbeat, and the proof that it is still ours. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';
import { type LockSpares, makeOwn, type OwnFile, removeOwn, unlink } from './lockspares.ts';

const HEARTBEAT = 4_000;
/** Milliseconds since a heartbeat in which a proof needs no other. */
const RECENT = 1_000;

export interface LockFile {
  /** Throws `conflict` where the lock is no longer ours. */
  verify(what: string): Promise<void>;
  release(): Promise<void>;
}

interface Claim {
  readonly own: OwnFile;
  /** The lock's name goes where it is `ours` still. */
  end(ours: boolean): void;
}

/**
 * Takes the lock of this name, or returns undefined where another has it. All synchronous but for the first: a rotation
 * proves its locks some twenty times, and in the thread pool each proof would wait behind the flushes of others.
 */
export async function holdLock(path: string, spares: LockSpares, now: () => number): Promise<LockFile | undefined> {
  // Whoever waits looks here again and again.
  if (fs.existsSync(path)) return undefined;
  const claim = await claimName(path, spares, now);
  if (!claim) return undefined;
  const { own } = claim;
  const beat = heart(own, now);
  // By the open file, not by the path: a heartbeat must never keep another's lock alive.
  const timer = setInterval(() => tolerant(beat), HEARTBEAT);
  timer.unref();
  const isOurs = () => {
    const seen = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return seen !== undefined && seen.ino === own.made.ino && seen.dev === own.made.dev;
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
      claim.end(isOurs());
    },
  };
}

/** File systems and platforms that have no links, or not all of what they are elsewhere. */
export const WITHOUT_LINKS = ['EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS', 'EMLINK'];

async function claimName(path: string, spares: LockSpares, now: () => number): Promise<Claim | undefined> {
  if (process.platform === 'win32') return claimByMaking(path, now);
  const own = await spares.take(dirname(path)).catch((error: unknown) => {
    throw fileError(error, path, 'write');
  });
  try {
    touch(own, now());
    fs.linkSync(own.path, path);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return void spares.giveBack(own);
    // Gone: whoever swept up took it for one that nobody uses.
    spares.discard(own);
    if (isSystemError(error, ...WITHOUT_LINKS)) return claimByMaking(path, now);
    if (isSystemError(error, 'ENOENT')) return claimName(path, spares, now);
    throw fileError(error, path, 'write');
  }
  return {
    own,
    end(ours) {
      if (ours) unlink(path);
      spares.giveBack(own);
    },
  };
}

/** Whoever looks at this very moment may find it empty. */
async function claimByMaking(path: string, now: () => number): Promise<Claim | undefined> {
  const own = await makeOwn(path).catch((error: unknown) => takenOr(error, path));
  if (!own) return undefined;
  touch(own, now());
  return { own, end: (ours) => (ours ? removeOwn(own) : fs.closeSync(own.file)) };
}

const touch = ({ file }: OwnFile, time: number): void => fs.futimesSync(file, time / 1000, time / 1000);

/** A beat, unless the last one was less than `within` milliseconds ago. The first was when the lock was taken. */
function heart(own: OwnFile, now: () => number): (within?: number) => void {
  let last = now();
  return (within = 0) => {
    const time = now();
    if (time >= last && time - last < within) return;
    touch(own, time);
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
