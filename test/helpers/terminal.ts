/** The built program on a terminal of its own, made by util-linux's `script`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';
import { type Home, program } from './cli.ts';

export interface Terminal {
  /** What stands on the terminal so far, without escape sequences and carriage returns. */
  readonly text: string;
  /** The same as it was sent. */
  readonly raw: string;
  type(text: string): void;
  /** Resolves once the terminal shows it; fails when the program ends before. */
  shows(pattern: RegExp): Promise<void>;
  /** Exit code, once the program has ended. */
  readonly ended: Promise<number>;
}

export const ENTER = '\r';
export const CTRL_C = '\u0003';
export const ESC = '\u001b';

const open = new Set<ReturnType<typeof spawn>>();

export function terminal(args: readonly string[], { home, columns = 80 }: { home: Home; columns?: number }): Terminal {
  const words = [process.execPath, program(), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return shellTerminal(`exec ${words.join(' ')}`, { env: home.env, cwd: home.dir, columns });
}

export interface ShellTerminal {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns?: number;
}

/** A line of the shell at work on such a terminal. */
export function shellTerminal(line: string, { env: own, cwd, columns = 80 }: ShellTerminal): Terminal {
  const env = { TERM: 'xterm', ...own, SHELL: '/bin/sh' };
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 24; ${line}`, '/dev/null'], { cwd, env });
  open.add(child);
  child.stdin.on('error', () => undefined);
  let text = '';
  let raw = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    raw += chunk;
    text = plain(raw);
  });
  const ended = once(child, 'close').then(([code]): number => {
    open.delete(child);
    return code;
  });
  return {
    get text() {
      return text;
    },
    get raw() {
      return raw;
    },
    type: (keys) => void child.stdin.write(keys),
    ended,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
        void ended.then(() => reject(new Error(`ended before ${pattern}\n${text}`)));
        look();
      }),
  };
}

/** Without lines of progress that were taken away again. */
const plain = (text: string): string =>
  text.replace(/\r\u001b\[K[⠀-⣿][^\r\n]*(?=\r\u001b\[K)/g, '').replace(/\u001b\[[0-9;?]*[a-zA-Z]|\r/g, '');

afterAll(() => {
  for (const child of open) child.kill('SIGKILL');
});
