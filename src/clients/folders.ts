/** Folders that many clients share. Paths are written as the machine's platform writes them. */
import { posix, win32 } from 'node:path';
import type { ClientMachine } from './types.ts';

export const pathsOf = (machine: Pick<ClientMachine, 'platform'>) => (machine.platform === 'win32' ? win32 : posix);

/** The value of a variable that holds an absolute path, else `usual` below the home folder. */
function folder(machine: ClientMachine, variable: string, ...usual: readonly string[]): string {
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
