import * as fs from 'node:fs/promises';
import { isSystemError, UserError } from '../errors.ts';
import { fileError } from './faults.ts';
import { freshToken, isGone, ownIdentity, type ProcessIdentity } from './process.ts';

const HEARTBEAT = 4_000;
const STALE_AFTER = 20_000;

export interface LockFile {
  /** Throws `conflict` where the lock is no longer ours. */
  verify(what: string): Promise<void>;
  release(): Promise<void>;
}

interface Content extends ProcessIdentity {
  readonly token: string;
}

interface Observed {
  /** Undefined while its maker has not yet written it, or when it is no lock of ours. */
  readonly content: Content | undefined;
  readonly inode: number;
  /** Milliseconds since 1970 of the last heartbeat. */
  readonly beat: number;
}

/** Creates the lock's file, or returns undefined where another has it. */
export async function holdLock(path: string, now: () => number): Promise<LockFile | undefined> {
  const content: Content = { ...(await ownIdentity()), token: freshToken() };
  const file = await create(path);
  if (!file) return undefined;
  const beat = async () => file.utimes(now() / 1000, now() / 1000);
  try {
    await file.writeFile(JSON.stringify(content));
    await beat();
  } catch (error) {
    await file.close();
    await fs.rm(path, { force: true });
    throw fileError(error, path, 'write');
  }
  // By the open file, not by the path: a heartbeat must never keep another's lock alive.
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT);
  timer.unref();
  const isOurs = async () => (await observe(path))?.content?.token === content.token;
  return {
    async verify(what) {
      await beat();
      if (await isOurs()) return;
      throw new UserError('conflict', `${what} was taken over by another process while this one stood still.`, {
        hint: 'Run the command again.',
      });
    },
    async release() {
      clearInterval(timer);
      const ours = await isOurs();
      await file.close();
      if (ours) await fs.rm(path, { force: true });
    },
  };
}

async function create(path: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(path, 'wx', 0o600);
  } catch (error) {
    // EPERM, EACCES on Windows: another's file that is just being removed.
    if (isSystemError(error, 'EEXIST') || (process.platform === 'win32' && isSystemError(error, 'EPERM', 'EACCES'))) {
      return undefined;
    }
    throw fileError(error, path, 'write');
  }
}

/** True where the lock's file is gone, or was stale and is removed: the caller tries again. */
export async function takeOverIfStale(path: string, now: () => number): Promise<boolean> {
  const judged = await observe(path);
  if (!judged) return true;
  if (!(await isStale(judged, now))) return false;
  return aloneAtTakeover(`${path}.takeover`, now, async () => {
    const seen = await observe(path);
    if (seen && isSame(seen, judged)) await removeStale(path, judged);
  });
}

/**
 * Only one process at a time may remove a stale lock, else a slow one would remove the quick one's new lock. False where
 * another is at it.
 */
async function aloneAtTakeover(path: string, now: () => number, work: () => Promise<void>): Promise<boolean> {
  const file = await create(path);
  if (!file) {
    const left = await observe(path);
    if (left && now() - left.beat >= STALE_AFTER) await fs.rm(path, { force: true });
    return false;
  }
  try {
    await work();
    return true;
  } finally {
    await file.close();
    await fs.rm(path, { force: true });
  }
}

/** By rename, and then another look: its owner may have woken up and left, and what was moved be the next one's. */
async function removeStale(path: string, judged: Observed): Promise<void> {
  const aside = `${path}.${freshToken()}`;
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw fileError(error, path, 'write');
  }
  const taken = await observe(aside);
  if (taken && !isSame(taken, judged)) await putBack(aside, path);
  await fs.rm(aside, { force: true });
}

/** Where a third has come meanwhile, `verify` tells the owner that the lock is lost. */
async function putBack(aside: string, path: string): Promise<void> {
  try {
    await fs.link(aside, path);
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

/** Who holds a lock, for a message. */
export async function lockHolder(path: string): Promise<string> {
  const content = (await observe(path))?.content;
  return content ? `process ${content.pid} on ${content.host}` : 'another process';
}

async function observe(path: string): Promise<Observed | undefined> {
  let file: fs.FileHandle;
  try {
    file = await fs.open(path, 'r');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || (process.platform === 'win32' && isSystemError(error, 'EPERM')))
      return undefined;
    throw fileError(error, path, 'read');
  }
  try {
    const { ino, mtimeMs } = await file.stat();
    return { content: parse(await file.readFile('utf8')), inode: ino, beat: mtimeMs };
  } finally {
    await file.close();
  }
}

function parse(text: string): Content | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isContent(value) ? value : undefined;
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, start, boot, host, token } = value as Record<keyof Content, unknown>;
  const textOrNull = (field: unknown) => field === null || typeof field === 'string';
  return (
    Number.isSafeInteger(pid) &&
    textOrNull(start) &&
    textOrNull(boot) &&
    typeof host === 'string' &&
    typeof token === 'string'
  );
}
