/**
 * The launcher in mcpkey's own data folder that entries name by absolute path, so that they outlive a new Node, a new
 * mcpkey and the end of an npx cache.
 */
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import type { Context } from '../context.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { sweepTemporary } from '../system/leftovers.ts';
import { copyProgram, isPassing, type Program, runningProgram } from '../system/program.ts';
import { version } from '../version.ts';
import { POSIX_LAUNCHER, WINDOWS_LAUNCHER } from './launcher-script.ts';

type Parts = Pick<Context, 'paths' | 'platform' | 'env' | 'locks'>;

/** Program and first arguments that start mcpkey from a client's config. */
export interface Launcher {
  readonly command: string;
  readonly args: readonly string[];
}

const pathsOf = (platform: NodeJS.Platform) => (platform === 'win32' ? win32 : posix);

const launcherPath = ({ paths, platform }: Parts) =>
  pathsOf(platform).join(paths.app, platform === 'win32' ? 'mcpkey.cmd' : 'mcpkey');

/**
 * How entries start it. A `.cmd` is no program of its own, so on Windows cmd.exe runs it; behind `call`, since cmd.exe
 * takes the first and the last quote of a line away that begins with one, as a path with a blank does. Touches no file.
 */
export function launcherOf(context: Parts): Launcher {
  const path = launcherPath(context);
  if (context.platform !== 'win32') return { command: path, args: [] };
  const shell = context.env.ComSpec ?? 'C:\\Windows\\System32\\cmd.exe';
  return { command: shell, args: ['/d', '/c', 'call', path] };
}

/**
 * Makes the launcher where it is missing or old, and notes this mcpkey as used. One that does not last is copied first;
 * `told` then says so. Throws `conflict` where the data folder cannot be written to.
 */
export async function ensureLauncher(context: Parts): Promise<{ told: string | undefined }> {
  const { lasting, told } = await lastingProgram(context);
  await noteUse(context, lasting);
  const path = launcherPath(context);
  const text = context.platform === 'win32' ? WINDOWS_LAUNCHER : POSIX_LAUNCHER;
  if ((await readText(path)) !== text) await writeAtomic(path, text, { mode: 0o700 });
  else if (context.platform !== 'win32') await chmod(path, 0o700);
  return { told };
}

async function lastingProgram({
  paths,
  platform,
  locks,
}: Parts): Promise<{ lasting: Program; told: string | undefined }> {
  const running = runningProgram();
  if (!isPassing(running.root)) return { lasting: running, told: undefined };
  const root = pathsOf(platform).join(paths.app, version);
  const { script, copied } = await locks.with('launcher', () => copyProgram(running, root));
  const told = copied
    ? `mcpkey ${version} was copied to ${root}, since ${running.root} does not last; entries start it from there.`
    : undefined;
  return { lasting: { node: running.node, script, root }, told };
}

/**
 * Puts this program into `used`, where the newest version stands first: where it really lies, then the link that it
 * was started by, which leads on when its package manager has put the next version elsewhere.
 */
async function noteUse(context: Parts, { node, script, link }: Program): Promise<void> {
  const path = pathsOf(context.platform).join(context.paths.app, 'used');
  const own = [script, ...(link === undefined || isPassing(link) ? [] : [link])];
  await context.locks.with('launcher', async (lock) => {
    const before = (await readText(path)) ?? '';
    const lines = [...own.map((each) => `${version}\t${node}\t${each}`), ...others(before, own)].sort((a, b) =>
      compareVersions(b, a),
    );
    const text = `${lines.join('\n')}\n`;
    if (text === before) return;
    await sweepTemporary(path);
    await writeAtomic(path, text, { beforeRename: () => lock.verify() });
  });
}

/** What was used before and is there still: some links last no longer than their shell. */
const others = (used: string, own: readonly string[]): string[] =>
  used.split('\n').filter((line) => {
    const script = line.split('\t')[2];
    return script !== undefined && !own.includes(script) && existsSync(script);
  });

/** By the version that each line begins with; equal ones keep their order, so the one used last stands first. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((line) =>
    (line.split('\t')[0] ?? '').split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
