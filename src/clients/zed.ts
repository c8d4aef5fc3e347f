import { appSupport, folder, inHome, inProject, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** https://zed.dev/docs/ai/mcp; crates/paths/src/paths.rs. Nothing is expanded in headers (zed-industries/zed#60459). */
const shape: Shape = { title: 'Zed', remote: {} };

const form = { format: 'jsonc', servers: ['context_servers'] } as const;

/** Below ~/.config on macOS too. */
function settings(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  if (machine.platform === 'win32') return join(appSupport(machine), 'Zed');
  if (machine.platform === 'darwin') return inHome(machine, '.config', 'zed');
  const flatpak = machine.env.FLATPAK_XDG_CONFIG_HOME;
  return join(flatpak ? folder(machine, 'FLATPAK_XDG_CONFIG_HOME', '.config') : appSupport(machine), 'zed');
}

export const zed: Client = {
  id: 'zed',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  reload: 'Zed notices the change by itself',
  files: (machine) => [
    { scope: 'user', path: pathsOf(machine).join(settings(machine), 'settings.json'), ...form },
    { scope: 'project', path: inProject(machine, '.zed', 'settings.json'), ...form },
  ],
  traces: (machine) => ({ programs: ['zed', 'zeditor'], paths: [settings(machine)] }),
};
