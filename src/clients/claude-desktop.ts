import { appSupport, localAppData, pathsOf } from './folders.ts';
import { type Shape, shaped } from './shapes.ts';
import type { Client, ClientMachine } from './types.ts';

/** Starts local servers only, and expands nothing; its file may have comments. */
const shape: Shape = { title: 'Claude Desktop' };

/** The build from the Windows Store has a folder of its own. */
function folderOf(machine: ClientMachine): string {
  const { join } = pathsOf(machine);
  const store = join(localAppData(machine), 'Packages', 'Claude_pzs8sxrjxfjjc', 'LocalCache', 'Roaming', 'Claude');
  return machine.platform === 'win32' && machine.exists(store) ? store : join(appSupport(machine), 'Claude');
}

export const claudeDesktop: Client = {
  id: 'claude-desktop',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'plain'],
  localModes: ['plain'],
  reload: 'quit Claude Desktop wholly and start it again',
  files: (machine) => [
    {
      scope: 'user',
      path: pathsOf(machine).join(folderOf(machine), 'claude_desktop_config.json'),
      format: 'jsonc',
      servers: ['mcpServers'],
    },
  ],
  traces: (machine) => ({ programs: [], paths: [folderOf(machine)] }),
  notice: () =>
    'Claude Desktop writes this file itself: if it is running, quit it, and look whether the entry is still there.',
};
