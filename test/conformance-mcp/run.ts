import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** One scenario of the suite, as the driver was started for it. */
export interface Run {
  /** The built program's entry. */
  readonly entry: string;
  /** The suite's server. */
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly scenario: string;
  /** The scenario is of 2026-07-28. */
  readonly modern: boolean;
  /** What the scenario tells its client. */
  readonly context: unknown;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs mcpkey to its end; `onLine` sees each line of stderr as it comes. */
export async function mcpkey(
  run: Run,
  args: readonly string[],
  options: { env?: Record<string, string>; onLine?: (line: string) => void } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [run.entry, ...args], {
    env: { ...run.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  let seen = 0;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
    const lines = text.stderr.split('\n');
    for (const line of lines.slice(seen, -1)) options.onLine?.(line);
    seen = lines.length - 1;
  });
  const [code] = await once(child, 'close');
  process.stderr.write(`$ mcpkey ${args.join(' ')}\n${text.stdout}${text.stderr}`);
  return { code: code ?? 1, ...text };
}
