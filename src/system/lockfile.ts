import * as fs from 'node:fs';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';
import { opened } from './folders.ts';
import { type LockContent, parseContent } from './lockcontent.ts';
import { freshToken, isGone, ownIdentity } from './process.ts';

const HEARTBEAT = 4_000;
const STALE_AFTER = 20_000;
/** Milliseconds since a heartbeat in which a proof needs no other. */
const RECENT = 1_000;

export interface LockFile {
  /** Throws `conflict` where the lock is no longer ours. */
  verify(what: string): Promise<void>;
  release(): Promise<void>;
}

interface Observed {
  /** Undefined while its maker has not yet written it, or when it is no lock of ours. */
  readonly content: LockContent | undefined;
  readonly inode: number;
  /** Milliseconds since 1970 of the last heartbeat. */
  readonly beat: number;
}

/**
 * Creates the lock's file, or returns undefined where another has it. All synchronous but for that: a rotation proves its
 * locks some twenty times, and in the thread pool each proof would wait behind the flushes of others.
 */
export async function holdLock(path: string, now: () => number): Promise<LockFile | undefined> {
  const content: LockContent = { ...(await ownIdentity()), token: freshToken() };
  const file = await opened(path, 'wx', 0o600).catch((error: unknown) => takenOr(error, path));
  if (file === undefined) return undefined;
  const beat = heart(file, now);
  try {
    fs.writeFileSync(file, JSON.stringify(content));
    beat();
  } catch (error) {
    fs.closeSync(file);
    fs.rmSync(path, { force: true });
    throw fileError(error, path, 'write');
  }
  // By the open file, not by the path: a heartbeat must never keep another's lock alive.
  const timer = setInterval(() => tolerant(beat), HEARTBEAT);
  timer.unref();
  const { dev, ino } = fs.fstatSync(file, { bigint: true });
  /** While the file is open, no other gets its number. */
  const isOurs = () => {
    const seen = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return seen !== undefined && seen.ino === ino && seen.dev === dev;
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

/** A beat, unless the last one was less than `within` milliseconds ago. */
function heart(file: number, now: () => number): (within?: number) => void {
  let last = Number.NEGATIVE_INFINITY;
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

function create(path: string): number | undefined {
  try {
    return fs.openSync(path, 'wx', 0o600);
  } catch (error) {
    return takenOr(error, path);
  }
}

/** EPERM, EACCES on Windows: another's file that is just being removed. */
function takenOr(error: unknown, path: string): undefined {
  if (isSystemError(error, 'EEXIST')) return undefined;
  if (process.platform === 'win32' && isSystemError(error, 'EPERM', 'EACCES')) return undefined;
  throw fileError(error, path, 'write');
}

/** True where the lock's file is gone, or was stale and is removed: the caller tries again. */
export async function takeOverIfStale(path: string, now: () => number): Promise<boolean> {
  const judged = observe(path);
  if (!judged) return true;
  if (!(await isStale(judged, now))) return false;
  return aloneAtTakeover(`${path}.takeover`, now, () => {
    const seen = observe(path);
    if (seen && isSame(seen, judged)) removeStale(path, judged);
  });
}

/**
 * Only one process at a time may remove a stale lock, else a slow one would remove the quick one's new lock. False where
 * another is at it.
 */
function aloneAtTakeover(path: string, now: () => number, work: () => void): boolean {
  const file = create(path);
  if (file === undefined) {
    const left = observe(path);
    if (left && now() - left.beat >= STALE_AFTER) fs.rmSync(path, { force: true });
    return false;
  }
  try {
    work();
    return true;
  } finally {
    fs.closeSync(file);
    fs.rmSync(path, { force: true });
  }
}

/** By rename, and then another look: its owner may have woken up and left, and what was moved be the next one's. */
function removeStale(path: string, judged: Observed): void {
  const aside = `${path}.${freshToken()}`;
  try {
    fs.renameSync(path, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw fileError(error, path, 'write');
  }
  const taken = observe(aside);
  if (taken && !isSame(taken, judged)) putBack(aside, path);
  fs.rmSync(aside, { force: true });
}

/** Where a third has come meanwhile, `verify` tells the owner that the lock is lost. */
function putBack(aside: string, path: string): void {
  try {
    fs.linkSync(aside, path);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw fileError(error, path, 'write');
  }
}

async function isStale(lock: Observed, now: () => number): Promise<boolean> {
  if (now() - lock.beat >= STALE_AFTER) return true;
  return lock.content !== undefined && (await isGone(lock.content));
}

function isSame(one: Observed, other: Observed): boolean {
  return one.inode === other.inode && one.beat === other.beat && one.content?.token === other.content?.token;
}

export async function isHeld(path: string, now: () => number): Promise<boolean> {
  const seen = observe(path);
  return seen !== undefined && !(await isStale(seen, now));
}

/** Who holds a lock, for a message. */
export async function lockHolder(path: string): Promise<string> {
  const content = observe(path)?.content;
  return content ? `process ${content.pid} on ${content.host}` : 'another process';
}

function observe(path: string): Observed | undefined {
  let file: number;
  try {
    file = fs.openSync(path, 'r');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || (process.platform === 'win32' && isSystemError(error, 'EPERM')))
      return undefined;
    throw fileError(error, path, 'read');
  }
  try {
    const { ino, mtimeMs } = fs.fstatSync(file);
    return { content: parseContent(fs.readFileSync(file, 'utf8')), inode: ino, beat: mtimeMs };
  } finally {
    fs.closeSync(file);
  }
}
