/** A command line that a person wrote, run by the system's own shell. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { Cancelled, isSystemError } from '../errors.ts';
import { collect } from './run.ts';

export interface ShellOptions {
  /** Given on stdin, which is closed behind it. */
  readonly input: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds; afterwards the command is killed, with all that it started. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** `code` is null where a signal ended it. */
export interface ShellResult {
  readonly ended: 'exited' | 'too-long' | 'not-started';
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What it left in the background may hold its output open: it is not waited for longer than so many ms. */
const LINGER = 500;

/** Never rejects for what the command does; throws `Cancelled` where `signal` aborts. */
export function runShell(line: string, options: ShellOptions): Promise<ShellResult> {
  const { input, timeout, signal } = options;
  return new Promise((done, fail) => {
    if (signal?.aborted) return fail(new Cancelled());
    const child = start(line, options);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    let ended: ShellResult['ended'] = 'exited';
    const stop = (): void => killAll(child);
    const timer = setTimeout(() => {
      ended = 'too-long';
      stop();
    }, timeout);
    signal?.addEventListener('abort', stop, { once: true });
    const settle = (code: number | null, said = stderr()): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) fail(new Cancelled());
      else done({ ended, code, stdout: stdout(), stderr: said });
    };
    child.on('error', (error) => {
      ended = 'not-started';
      settle(null, error.message);
    });
    child.on('exit', () => letGo(child));
    child.on('close', (code) => settle(code));
    // A command that does not read its stdin is none of our business.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** In a group of its own, so that what it started can be ended with it. */
function start(line: string, { env, cwd }: ShellOptions): Child {
  const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
  if (process.platform !== 'win32') return spawn('/bin/sh', ['-c', line], { cwd, env, stdio, detached: true });
  const shell = env.ComSpec ?? 'cmd.exe';
  const args = ['/d', '/s', '/c', `"${line}"`];
  return spawn(shell, args, { cwd, env, stdio, windowsHide: true, windowsVerbatimArguments: true });
}

function letGo({ stdout, stderr }: Child): void {
  const timer = setTimeout(() => {
    stdout.destroy();
    stderr.destroy();
  }, LINGER);
  timer.unref();
}

function killAll(child: Child): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { windowsHide: true });
    else process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH', 'EPERM')) throw error;
  }
}
