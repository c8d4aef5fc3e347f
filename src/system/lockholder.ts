/** A lock as others find it: who holds it, whether that one is dead, and how it is taken from the dead. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { fileError } from './faults.ts';
import { type LockContent, parseContent } from './lockcontent.ts';
import { takenOr, WITHOUT_LINKS } from './lockfile.ts';
import { makeOwn, removeOwn } from './lockspares.ts';
import { freshToken, isGone } from './process.ts';

const STALE_AFTER = 20_000;

interface Observed {
  /** Undefined while its maker has not yet written it, or when it is no lock of ours. */
  readonly content: LockContent | undefined;
  readonly inode: number;
  /** Milliseconds since 1970 of the last heartbeat. */
  readonly beat: number;
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
 * another is at it. It says who it is, so that one that is killed at it holds nobody up.
 */
async function aloneAtTakeover(path: string, now: () => number, work: () => void): Promise<boolean> {
  const own = await makeOwn(join(dirname(path), `.${freshToken()}.lock`)).catch((error: unknown) => {
    throw fileError(error, path, 'write');
  });
  try {
    if (!linked(own.path, path)) {
      const left = observe(path);
      if (!left || !(await isStale(left, now))) return false;
      removeStale(path, left);
      return await aloneAtTakeover(path, now, work);
    }
    try {
      work();
      return true;
    } finally {
      remove(path);
    }
  } finally {
    removeOwn(own);
  }
}

/** False where there is one already. */
function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    if (!isSystemError(error, ...WITHOUT_LINKS)) throw fileError(error, to, 'write');
    const file = create(to);
    if (file === undefined) return false;
    fs.closeSync(file);
    return true;
  }
}

function remove(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch (error) {
    throw fileError(error, path, 'remove');
  }
}

function create(path: string): number | undefined {
  try {
    return fs.openSync(path, 'wx', 0o600);
  } catch (error) {
    return takenOr(error, path);
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
  remove(aside);
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

/** Whether it is held by someone who lives. */
export async function isHeld(path: string, now: () => number): Promise<boolean> {
  // Of thousands of keys hardly one has a lock, and to open what is not there takes ten times as long.
  const seen = fs.existsSync(path) ? observe(path) : undefined;
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
  } catch (error) {
    throw fileError(error, path, 'read');
  } finally {
    fs.closeSync(file);
  }
}
