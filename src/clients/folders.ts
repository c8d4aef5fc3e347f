/** Folders that many clients share. Paths are written as the machine's platform writes them. */
import { posix, win32 } from 'node:path';
import type { ClientMachine } from './types.ts';

export const pathsOf = (machine: Pick<ClientMachine, 'platform'>) => (machine.platform === 'win32' ? win32 : posix);

/** The value of a variable that holds an absolute path, else `usual` below the home folder. */
export function folder(machine: ClientMachine, variable: string, ...usual: readonly string[]): string {
  const { isAbsolute, join } = pathsOf(machine);
  const value = machine.env[variable];
  return value && isAbsolute(value) ? value : join(machine.home, ...usual);
}

/** `~/Library/Application Support`, `$XDG_CONFIG_HOME` or `%APPDATA%`. */
export function appSupport(machine: ClientMachine): string {
  if (machine.platform === 'darwin') return pathsOf(machine).join(machine.home, 'Library', 'Application Support');
  if (machine.platform === 'win32') return folder(machine, 'APPDATA', 'AppData', 'Roaming');
  return folder(machine, 'XDG_CONFIG_HOME', '.config');
}

/** `%LOCALAPPDATA%`. */
export const localAppData = (machine: ClientMachine): string => folder(machine, 'LOCALAPPDATA', 'AppData', 'Local');

/** Below the home folder. */
export const inHome = (machine: ClientMachine, ...parts: readonly string[]): string =>
  pathsOf(machine).join(machine.home, ...parts);

/** Below the project's folder. */
export const inProject = (machine: ClientMachine, ...parts: readonly string[]): string =>
  pathsOf(machine).join(machine.dir, ...parts);

/** `$XDG_CONFIG_HOME`, else `~/.config`, on every system: as programs do that follow XDG everywhere. */
export const configHome = (machine: ClientMachine): string => folder(machine, 'XDG_CONFIG_HOME', '.config');

/** The user's folder of VS Code, or of a build of it that is called `product`. */
export const codeUser = (machine: ClientMachine, product = 'Code'): string =>
  pathsOf(machine).join(appSupport(machine), product, 'User');

/** What an extension of VS Code keeps. */
export const codeStorage = (machine: ClientMachine, extension: string, ...parts: readonly string[]): string =>
  pathsOf(machine).join(codeUser(machine), 'globalStorage', extension, ...parts);

/** The first of the paths that is there, else `usual`. */
export const thereOr = (machine: ClientMachine, paths: readonly string[], usual: string): string =>
  paths.find((path) => machine.exists(path)) ?? usual;

/** The others that are there: the client may read them as well. */
export const othersThere = (machine: ClientMachine, paths: readonly string[], used: string): readonly string[] =>
  paths.filter((path) => path !== used && machine.exists(path));

/** Those of the paths that are there, else the first. */
export function allThere(machine: ClientMachine, paths: readonly [string, ...string[]]): readonly string[] {
  const there = paths.filter((path) => machine.exists(path));
  return there.length > 0 ? there : [paths[0]];
}
