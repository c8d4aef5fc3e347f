import { createHash } from 'node:crypto';
import { chmod, lstat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, UserError } from '../errors.ts';
import { ensureFolder, followLinks } from './files.ts';
import { inFolder } from './folders.ts';
import { sweepLocks } from './leftovers.ts';
import { holdLock, type LockFile } from './lockfile.ts';
import { isHeld, lockHolder, takeOverIfStale } from './lockholder.ts';
import { createLockSpares, type LockSpares } from './lockspares.ts';
import { encodeName } from './names.ts';
import type { HeldLock, Locks } from './types.ts';

/** Longer than a heartbeat may be silent, so a holder on another machine that died does not stop us. */
const DEFAULT_WAIT = 30_000;
const POLL_MIN = 4;
const POLL_MAX = 60;

export interface LockSettings {
  /** Folder of mcpkey's own locks. */
  readonly dir: string;
  /** Milliseconds since 1970, to judge heartbeats by. */
  readonly now?: () => number;
  /** Folder in which the locks of other programs' files meet; the system's temporary one by default. */
  readonly temporary?: string;
  /** Ends the waiting for a lock that another holds; one that is free is taken all the same, to clean up under it. */
  readonly signal?: AbortSignal;
}

/**
 * Locks between processes: a name that only one file can have, kept alive by a heartbeat. Not reentrant: work that takes
 * the lock it runs under waits for itself and ends in `conflict`.
 */
export function createLocks(settings: LockSettings): Locks {
  const now = settings.now ?? Date.now;
  /** The last of each lock's users in this process, so that they queue here and not at the file. */
  const queues = new Map<string, Promise<unknown>>();
  const spares = createLockSpares();

  async function under<T>(at: Place, work: (lock: HeldLock) => Promise<T>, wait = DEFAULT_WAIT): Promise<T> {
    const before = queues.get(at.path);
    const deadline = Date.now() + wait;
    let end = () => {};
    const turn = new Promise<void>((done) => {
      end = done;
    });
    const last = (before ?? Promise.resolve()).then(() => turn);
    queues.set(at.path, last);
    try {
      if (before && !(await settlesBy(before, deadline))) throw busy(at.what, 'this process');
      const lock = await acquire(at, { now, deadline, spares, signal: settings.signal });
      try {
        return await work({ verify: () => lock.verify(at.what) });
      } finally {
        await lock.release();
      }
    } finally {
      end();
      if (queues.get(at.path) === last) queues.delete(at.path);
    }
  }

  const named = (name: string) => join(settings.dir, `${encodeName(name)}.lock`);

  return {
    sweep: async () => sweepLocks([settings.dir, await meetingFolder(settings.temporary ?? tmpdir())]),
    with: async (name, work, options) =>
      under({ path: named(name), folder: settings.dir, what: name }, work, options?.wait),
    isHeld: (name) => isHeld(named(name), now),
    withFile: async (path, work, options) => {
      const folder = await meetingFolder(settings.temporary ?? tmpdir());
      return under({ path: join(folder, `${await fileKey(path)}.lock`), folder, what: path }, work, options?.wait);
    },
  };
}

interface Place {
  readonly path: string;
  readonly folder: string;
  /** For the person who waits in vain: a name, or the file's path. */
  readonly what: string;
}

interface Waiting {
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly spares: LockSpares;
  readonly signal: AbortSignal | undefined;
}

async function acquire(at: Place, { now, deadline, spares, signal }: Waiting): Promise<LockFile> {
  for (;;) {
    const lock = await inFolder(at.folder, () => holdLock(at.path, spares, now));
    if (lock) return lock;
    if (await takeOverIfStale(at.path, now)) continue;
    const left = deadline - Date.now();
    if (left <= 0) throw busy(at.what, await lockHolder(at.path));
    if (signal?.aborted) throw new Cancelled();
    await sleep(Math.min(left, POLL_MIN + Math.random() * (POLL_MAX - POLL_MIN)));
  }
}

function busy(what: string, holder: string): UserError {
  return new UserError('conflict', `${what} is in use by ${holder}.`, {
    hint: 'Wait until it has ended, and try again.',
  });
}

async function settlesBy(promise: Promise<unknown>, deadline: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), false, { signal: timer.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return settled;
}

/** One key for one file, by whatever way it is named. */
async function fileKey(path: string): Promise<string> {
  const target = await followLinks(path);
  const caseless = process.platform === 'win32' || process.platform === 'darwin';
  return createHash('sha256')
    .update(caseless ? target.toLowerCase() : target)
    .digest('hex')
    .slice(0, 40);
}

/** In a folder that everyone may write to: so it must be ours, closed to others, and no link. */
async function meetingFolder(temporary: string): Promise<string> {
  const { uid, username } = userInfo();
  const folder = join(temporary, `mcpkey-${uid >= 0 ? uid : encodeName(username)}`);
  await ensureFolder(folder);
  const found = await lstat(folder);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new UserError('conflict', `${folder} is not a folder of yours, so locks cannot be kept there.`, {
      hint: 'Remove it, or set TMPDIR to a temporary folder of your own.',
    });
  }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) await chmod(folder, 0o700);
  return folder;
}
