import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { RunResult } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  /** Given on stdin; without it stdin is empty. */
  readonly input?: string;
  /** The whole environment of the child; without it, ours. */
  readonly env?: Env;
  /** Milliseconds; afterwards the child is killed. */
  readonly timeout?: number;
  readonly cwd?: string;
}

/** What is kept of each stream; the rest is read and dropped. */
const MAX_OUTPUT = 8 * 1024 * 1024;
/** Exit codes as shells and timeout(1) give them. */
const TIMED_OUT = 124;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
const SIGNALLED = 128;

/**
 * Runs a program, without a shell, to its end. A program that is not there is code 127, one that may not be run 126, one
 * that took too long 124, one that a signal ended 128. Never rejects for what the program does.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      // A grandchild may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeout ?? 0);
    if (options.timeout === undefined) clearTimeout(timer);

    child.on('error', (error) => {
      clearTimeout(timer);
      if (isSystemError(error, 'ENOENT')) done({ code: NOT_FOUND, stdout: '', stderr: error.message });
      else if (isSystemError(error, 'EACCES', 'EINVAL'))
        done({ code: NOT_EXECUTABLE, stdout: '', stderr: error.message });
      else fail(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code: late ? TIMED_OUT : (code ?? SIGNALLED), stdout: stdout(), stderr: stderr() });
    });
    // A program that does not read its stdin is none of our business.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Reads a stream to its end; the result gives what was kept of it as text. */
export function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Absolute path of a program on PATH (on Windows with the suffixes of PATHEXT), or undefined. */
export async function which(name: string, env: Env): Promise<string | undefined> {
  const windows = process.platform === 'win32';
  const { delimiter, join, isAbsolute } = windows ? win32 : posix;
  const suffixes = windows ? suffixesOf(name, env) : [''];
  const folders = isAbsolute(name)
    ? ['']
    : (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix);
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}

/** A file without a suffix is no program there: npm puts a script for other systems beside each of its `.cmd`. */
function suffixesOf(name: string, env: Env): string[] {
  const known = (env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';');
  return win32.extname(name) === '' ? known : ['', ...known];
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG')) return false;
    throw error;
  }
}
