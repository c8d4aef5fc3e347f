import { defineCommand } from '../command.ts';
import { initProject } from '../project/init.ts';

export const command = defineCommand({
  summary: 'Write mcpkey.json from what is placed here',
  details:
    'From the servers in this folder’s project files, else from the user’s. It holds no secret and no command, so it is committed: whoever clones the project gets keys of their own with mcpkey up.',
  examples: [{ run: 'mcpkey init', does: 'writes mcpkey.json into this folder' }],
  async run(context) {
    const { io } = context;
    const { path, file, left, warnings } = await initProject(context);
    if (io.json) io.document({ path, ...file });
    else {
      for (const [name, { provider, clients = [] }] of Object.entries(file.servers))
        io.out(`${io.color('green', '✓')} ${io.bold(name)}: ${provider}, for ${clients.join(', ')}`);
      io.out(`Written: ${path}`);
    }
    for (const line of left) io.warn(`Left out: ${line}.`);
    for (const line of warnings) io.warn(line);
    io.note('Commit it. Next, on another machine: mcpkey up');
    return undefined;
  },
});
