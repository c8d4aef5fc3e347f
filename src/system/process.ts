import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isSystemError } from '../errors.ts';

/** What tells one run of a program from another that got the same pid. `null`: the system does not say. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: string | null;
  /** Boot of the machine; on Linux with the pid namespace, as containers share a boot and count their own pids. */
  readonly boot: string | null;
  readonly host: string;
}

let own: Promise<ProcessIdentity> | undefined;

/** This process; looked up once. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= Promise.all([processStart(process.pid), bootId()]).then(([start, boot]) => ({
    pid: process.pid,
    start,
    boot,
    host: hostname(),
  }));
  return own;
}

/** True where `other` runs or ran on this host and boot, so that `isGone` can tell of it. */
export async function isOfThisBoot(other: ProcessIdentity): Promise<boolean> {
  const self = await ownIdentity();
  return other.host === self.host && other.boot === self.boot;
}

/** True where `other` ran on this host and boot and is no more. False also where that cannot be told. */
export async function isGone(other: ProcessIdentity): Promise<boolean> {
  if (!(await isOfThisBoot(other))) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: there, but another user's.
    if (isSystemError(error, 'ESRCH')) return true;
    if (!isSystemError(error, 'EPERM')) throw error;
  }
  if (other.start === null) return false;
  const start = await processStart(other.pid);
  return start !== null && start !== other.start;
}

/** When a process began, in the system's own terms. */
async function processStart(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return null;
  const { run } = await import('./run.ts');
  const { code, stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
    timeout: 2000,
  });
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : null;
}

/**
 * Field 22 of /proc/PID/stat (proc(5)): ticks since boot; `ended` for one that is dead and not yet waited for.
 * The name before it may hold spaces and brackets.
 */
async function linuxStart(pid: number): Promise<string | null> {
  const text = await readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null);
}

async function bootId(): Promise<string | null> {
  if (process.platform === 'linux') {
    const boot = await readOrNull('/proc/sys/kernel/random/boot_id');
    const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
    return boot === null ? null : `${boot.trim()} ${namespace}`.trim();
  }
  if (process.platform !== 'darwin') return null;
  const { run } = await import('./run.ts');
  const { code, stdout } = await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { timeout: 2000 });
  return code === 0 ? stdout.trim() : null;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ESRCH')) return null;
    throw error;
  }
}

/** A word that no other lock has. */
export function freshToken(): string {
  return randomUUID();
}
