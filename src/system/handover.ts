/** Runs a program in our place: its output filtered where asked, signals handed on, its end ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSystemError } from '../errors.ts';
import { spawnable } from './spawnable.ts';

export interface Handover {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the program prints goes through these; undefined: it gets our own stream. */
  readonly stdout: Transform | undefined;
  readonly stderr: Transform | undefined;
}

/** As shells have it: not executable, not there, ended by a signal. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
const SIGNALLED = 128;
const HANDED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;
/** A terminal sends these to the whole foreground group: the program has them already. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

export interface Ended {
  readonly code: number;
  /** The program did not start; `code` is 126 or 127. */
  readonly notStarted: boolean;
}

/** Resolves when the program ended and all it printed was written. */
export async function handOver(handover: Handover): Promise<Ended> {
  const { command, args, env, stdout, stderr } = handover;
  const start = await spawnable(command, args, env);
  const child = spawn(start.command, start.args, {
    env,
    windowsVerbatimArguments: start.windowsVerbatimArguments,
    stdio: ['inherit', stdout ? 'pipe' : 'inherit', stderr ? 'pipe' : 'inherit'],
    windowsHide: true,
  });
  const stopListening = handOnSignals(child);
  const printed = Promise.all([
    forward(child.stdout, stdout, process.stdout),
    forward(child.stderr, stderr, process.stderr),
  ]);
  try {
    const ended = await endOf(child);
    await printed;
    return ended;
  } finally {
    stopListening();
  }
}

async function forward(from: Readable | null, filter: Transform | undefined, to: Writable): Promise<void> {
  if (!from || !filter) return;
  try {
    await pipeline(from, filter, to, { end: false });
  } catch (error) {
    // Nobody reads any more: the program learns it from its own closed pipe.
    if (!isSystemError(error, 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED')) throw error;
  }
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      if (isSystemError(error, 'ENOENT')) resolve({ code: NOT_FOUND, notStarted: true });
      else if (isSystemError(error, 'EACCES', 'EINVAL')) resolve({ code: NOT_EXECUTABLE, notStarted: true });
      else reject(error);
    });
    child.on('exit', (code, signal) => {
      resolve({ code: code ?? SIGNALLED + (signal ? constants.signals[signal] : 0), notStarted: false });
    });
  });
}

function handOnSignals(child: ChildProcess): () => void {
  const terminal = process.stdin.isTTY === true;
  const listeners = HANDED_ON.filter((signal) => signal in constants.signals).map((signal) => {
    const listener = (): void => {
      if (!terminal || !FROM_TERMINAL.has(signal)) child.kill(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
