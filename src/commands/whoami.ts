import { defineCommand } from '../command.ts';
import { requireProfile } from '../profiles.ts';
import { whoami } from '../session/state.ts';
import { whoamiColumns } from '../views/profiles.ts';

export const command = defineCommand({
  summary: 'Show who is logged in where, and until when',
  details: 'A login whose token ends is renewed without asking, as long as the server allows it.',
  examples: [
    { run: 'mcpkey whoami', does: 'all profiles' },
    { run: 'mcpkey whoami --json -p stock', does: 'one, for a script' },
  ],
  async run(context) {
    const { io, profiles, options } = context;
    const all = profiles.list();
    const chosen = options.profile === undefined ? all : [requireProfile(all, options.profile)];
    const rows = await Promise.all(chosen.map((profile) => whoami(context, profile)));
    if (io.json) io.document(rows);
    else if (rows.length > 0) io.table(rows, whoamiColumns(io, context.now()));
    else io.note('There is no profile yet: mcpkey login PROVIDER');
    return undefined;
  },
});
