/** A program that is talked to in lines over its stdin and stdout, as local MCP servers are. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { spawnable } from './spawnable.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface LineChild {
  send(line: string): void;
  readonly lines: AsyncIterable<string>;
  /** Resolves when it ended or could not be started. */
  readonly ended: Promise<{ readonly code: number | null; readonly error: Error | undefined }>;
  /** The end of what it wrote to stderr. */
  errors(): string;
  /** Closes stdin, then SIGTERM, then SIGKILL (MCP 2025-11-25, Lifecycle: Shutdown), to its children too. */
  stop(): Promise<void>;
}

const ERRORS_KEPT = 4_000;
/** Milliseconds for each step of the shutdown. */
const STEP = 1_000;

/** Starts `command` without a shell, in a process group of its own, so that what it starts ends with it. */
export async function startLineChild(command: string, args: readonly string[], env: Env): Promise<LineChild> {
  const windows = process.platform === 'win32';
  const start = await spawnable(command, args, env);
  const child = spawn(start.command, start.args, {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: !windows,
    windowsHide: true,
    windowsVerbatimArguments: start.windowsVerbatimArguments,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-ERRORS_KEPT);
  });
  // A program that ends before it read everything is told by `ended`.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number | null; error: Error | undefined }>((resolve) => {
    child.on('error', (error) => resolve({ code: null, error }));
    child.on('close', (code) => resolve({ code, error: undefined }));
  });
  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    lines: createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }),
    ended,
    errors: () => errors,
    async stop() {
      child.stdin.end();
      for (const signal of [undefined, 'SIGTERM', 'SIGKILL'] as const) {
        if (signal) signalGroup(child, signal, windows);
        if (await within(ended, STEP)) return;
      }
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals, windows: boolean): void {
  if (child.pid === undefined) return;
  try {
    process.kill(windows ? child.pid : -child.pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = once(timer.signal, 'abort').then(() => false);
  const handle = setTimeout(() => timer.abort(), milliseconds);
  const inTime = await Promise.race([work.then(() => true), late]);
  clearTimeout(handle);
  return inTime;
}
