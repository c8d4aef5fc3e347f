/** The built program on a machine of its own, and the ways its answers are read. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import {
  createHome,
  type Finished,
  type Home,
  mcpkey,
  type Running,
  type RunOptions,
  spawnMcpkey,
} from '../helpers/cli.ts';
import { ERROR } from './documents.ts';

export type Options = Omit<RunOptions, 'home'> & { /** Exit code; 0 unless told. */ readonly code?: number };

export interface Machine {
  readonly home: Home;
  /** Runs to its end; fails on another exit code. */
  run(args: readonly string[], options?: Options): Promise<Finished>;
  /** Adds `--json`, and reads the document by a schema. */
  json<T extends z.ZodType>(schema: T, args: readonly string[], options?: Options): Promise<z.infer<T>>;
  /** Adds `--json`, expects a failure, and reads `error` from stderr. */
  fails(args: readonly string[], options?: Options): Promise<z.infer<typeof ERROR> & { exit: number | null }>;
  /** Leaves the program running, stdin open. */
  start(args: readonly string[], options?: Omit<RunOptions, 'home'>): Running;
  /** Files of this machine that hold one of these texts in the clear. */
  filesWith(...secrets: readonly string[]): Promise<string[]>;
}

export async function createMachine(env: Record<string, string> = {}): Promise<Machine> {
  const home = await createHome(env);
  const run = async (args: readonly string[], { code = 0, ...options }: Options = {}): Promise<Finished> => {
    const finished = await mcpkey(args, { home, ...options });
    expect(finished.code, `mcpkey ${args.join(' ')}\n${finished.stdout}${finished.stderr}`).toBe(code);
    return finished;
  };
  return {
    home,
    run,
    json: async (schema, args, options) => schema.parse(JSON.parse((await run([...args, '--json'], options)).stdout)),
    async fails(args, options = {}) {
      const { code: wanted, ...rest } = options;
      const { code, stdout, stderr } = await mcpkey(['--json', ...args], { home, ...rest });
      expect(stdout, 'nothing on stdout').toBe('');
      expect(code, stderr).not.toBe(0);
      if (wanted !== undefined) expect(code, stderr).toBe(wanted);
      const last = stderr.trim().split('\n').at(-1) ?? '';
      return { ...ERROR.parse(JSON.parse(last).error), exit: code };
    },
    start: (args, options) => spawnMcpkey(args, { home, ...options }),
    filesWith: (...secrets) => filesWith(home.root, secrets),
  };
}

async function filesWith(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    if (secrets.some((secret) => bytes.includes(secret))) found.push(file);
  }
  return found;
}
