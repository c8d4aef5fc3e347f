import { defineCommand } from '../../command.ts';
import { profileRow } from '../../session/state.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'List all profiles',
  examples: [{ run: 'mcpkey profile list', does: 'names, services, addresses, and who is logged in' }],
  async run(context) {
    const entries = await context.providers();
    const profiles = context.profiles.list();
    const rows = await Promise.all(profiles.map((profile) => profileRow(context, profile, entries)));
    if (rows.length === 0)
      context.io.note('There is no profile yet: mcpkey profile add PROVIDER   or   mcpkey login PROVIDER');
    printProfiles(context.io, rows);
    return undefined;
  },
});
