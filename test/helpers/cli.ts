import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { type Home, ownFolders } from './home.ts';
import { findLeaks, type Printed } from './leaks.ts';

export { createHome, type Home } from './home.ts';

export interface RunOptions {
  readonly home?: Home;
  /** Laid over the home's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What stdin holds; it is closed behind it. */
  readonly input?: string;
  readonly cwd?: string;
  /** Runs as this user, by a copy of the program that they can read; the tests must then be run by root. */
  readonly as?: { readonly uid: number; readonly gid: number; readonly program: string };
  /** Milliseconds until the run is killed and the test fails; default 20 s. */
  readonly timeout?: number;
}

export interface Finished {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: string;
  readonly stderr: string;
  readonly finished: Promise<Finished>;
  send(text: string): void;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves with the match once what was printed fits; fails when the program ends before. */
  printed(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
}

/** Path of the built program's entry; throws what went wrong where it could not be built. */
export function program(): string {
  const buildError = inject('buildError');
  if (buildError !== '') throw new Error(`mcpkey could not be built: ${buildError}`);
  return join(inject('built'), 'bin/mcpkey.js');
}

/** Runs the built program to its end. */
export async function mcpkey(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const running = spawnMcpkey(args, options);
  running.child.stdin.end(options.input ?? '');
  const limit = options.timeout ?? 20_000;
  const timer = setTimeout(() => running.kill('SIGKILL'), limit);
  const finished = await running.finished.finally(() => clearTimeout(timer));
  if (finished.signal === 'SIGKILL') {
    throw new Error(`mcpkey ${args.join(' ')}: not done after ${limit} ms\n${finished.stdout}${finished.stderr}`);
  }
  return finished;
}

/** The same, its one JSON document parsed; fails unless it exits with `code` (default 0). */
export async function mcpkeyJson<T>(args: readonly string[], options: RunOptions & { code?: number } = {}): Promise<T> {
  const { code, stdout, stderr } = await mcpkey([...args, '--json'], options);
  if (code !== (options.code ?? 0)) throw new Error(`mcpkey ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

const children = new Set<ChildProcessWithoutNullStreams>();
const runs: Printed[] = [];

/** Starts the built program and leaves it running, stdin open: for `proxy`, signals and prompts. */
export function spawnMcpkey(args: readonly string[], options: RunOptions = {}): Running {
  const { program: copy, ...user } = options.as ?? { program: program() };
  const child = spawn(process.execPath, [copy, ...args], {
    cwd: options.cwd ?? options.home?.dir ?? tmpdir(),
    env: environment(options),
    ...user,
  });
  children.add(child);
  child.stdin.on('error', () => undefined);
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  }
  const finished = once(child, 'close').then(([code, signal]): Finished => {
    children.delete(child);
    runs.push({ args, ...text });
    return { code, signal, ...text };
  });
  return {
    child,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    finished,
    send: (line) => void child.stdin.write(line),
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    printed: (pattern, stream = 'stderr') => printed(child, text, pattern, stream),
  };
}

function printed(
  child: ChildProcessWithoutNullStreams,
  text: Record<'stdout' | 'stderr', string>,
  pattern: RegExp,
  stream: 'stdout' | 'stderr',
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = pattern.exec(text[stream]);
      if (found !== null) settle(() => resolve(found));
    };
    const ended = (): void => settle(() => reject(new Error(`ended before ${pattern}\n${text.stdout}${text.stderr}`)));
    const settle = (answer: () => void): void => {
      child[stream].off('data', look);
      child.off('close', ended);
      answer();
    };
    child[stream].on('data', look);
    child.on('close', ended);
    look();
  });
}

function environment({ home, env = {} }: RunOptions): Record<string, string> {
  const bare = { PATH: process.env.PATH ?? '', HOME: join(tmpdir(), 'mcpkey-no-home'), TZ: 'UTC' };
  const merged: Record<string, string | undefined> = { ...(home?.env ?? bare), ...env };
  return Object.fromEntries(Object.entries(merged).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  const leaks = await findLeaks(runs, ownFolders());
  if (leaks.length > 0) throw new Error(`a secret stands where none may:\n${leaks.join('\n')}`);
});
