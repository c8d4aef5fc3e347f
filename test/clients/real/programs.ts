/** The real programs of MCP clients, and what a person has on a machine where they run. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clientFolder } from '../../../scripts/clients.mjs';
import type { Home } from '../../helpers/cli.ts';
import { program } from '../../helpers/cli.ts';

/**
 * The folder that holds the real program of a client. Installed where it is not there yet; undefined on a machine that
 * cannot (no network). In CI it must be there, so nothing is skipped unseen.
 */
export async function realProgram(id: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    return await clientFolder(id);
  } catch (error) {
    if (process.env.CI) throw error;
    return undefined;
  }
}

/** A folder with `mcpkey` by name, as a global installation has it. */
export async function globalMcpkey(home: Home): Promise<string> {
  const folder = join(home.root, 'bin');
  await mkdir(folder, { recursive: true });
  const quoted = [process.execPath, program()].map((word) => `'${word}'`).join(' ');
  await writeFile(join(folder, 'mcpkey'), `#!/bin/sh\nexec ${quoted} "$@"\n`);
  await chmod(join(folder, 'mcpkey'), 0o755);
  return folder;
}

export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client's program with this environment alone and stdin closed. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd: string },
): Promise<ProgramOutput> {
  const running = promisify(execFile)(command, args, { ...options, timeout: 60_000 });
  running.child.stdin?.end();
  return running;
}

/** The same where a program ends with an error for what it found; `output` is all that it printed. */
export async function runAnyway(
  command: string,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd: string },
): Promise<ProgramOutput & { readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, stdout, stderr, output: stdout + stderr });
      else reject(error ?? new Error(`${command} did not end`));
    });
    child.stdin?.end();
  });
}

/** A Node of this age or younger; undefined on a machine that has none. In CI it must be there. */
export async function nodeFor(major: number): Promise<string | undefined> {
  if (Number.parseInt(process.versions.node, 10) >= major) return process.execPath;
  const installed = join(import.meta.dirname, '../../../.build/nodes', String(major), 'bin/node');
  if (existsSync(installed)) return installed;
  if (process.env.CI) throw new Error(`Node ${major} is not in .build/nodes: .ci/run installs it`);
  return undefined;
}
