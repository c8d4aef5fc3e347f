/** What stands on a real terminal (tmux) once the program has ended. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Home, program } from './cli.ts';

const run = promisify(execFile);
let sessions = 0;

export interface ScreenOptions {
  readonly home: Home;
  readonly columns: number;
  readonly rows?: number;
  /** With the escape sequences of colours and styles. */
  readonly styles?: boolean;
}

/** Lines of the screen, the program's exit code in the last one. */
export async function screen(args: readonly string[], { home, columns, rows = 60, styles }: ScreenOptions) {
  sessions += 1;
  const tmux = ['-u', '-L', `mcpkey-${process.pid}-${sessions}`, '-f', '/dev/null'];
  const env = { ...home.env, LC_ALL: 'C.UTF-8', SHELL: '/bin/sh', TERM: 'xterm-256color', TMUX_TMPDIR: home.root };
  const words = [process.execPath, program(), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const line = `${words}; echo "[$?]"; tmux ${tmux.slice(0, 3).join(' ')} wait-for -S ended; exec cat`;
  const ask = (...command: string[]) => run('tmux', [...tmux, ...command], { env, cwd: home.dir });
  await ask('new-session', '-d', '-x', String(columns), '-y', String(rows), line);
  try {
    await ask('wait-for', 'ended');
    const { stdout } = await ask('capture-pane', '-p', ...(styles ? ['-e'] : []));
    return `${stdout.trimEnd()}\n`;
  } finally {
    await ask('kill-server');
  }
}
