import { defineCommand } from '../command.ts';
import { overview } from '../overview/overview.ts';
import { requireProfile } from '../profiles.ts';
import { paintOverview } from '../views/overview.ts';

/** Milliseconds. A screen is looked at at once: a service that is slower is told as not answering. */
const PATIENCE = 3_000;

export const command = defineCommand({
  summary: 'The state of this machine in one screen',
  examples: [{ run: 'mcpkey', does: 'servers by client, where their keys lie, whether they answer, and what is next' }],
  timeout: PATIENCE,
  async run(context) {
    const { io, options, profiles } = context;
    if (options.profile !== undefined) requireProfile(profiles.list(), options.profile);
    const live = io.live();
    const state = await overview(context, {
      patience: PATIENCE,
      onChange: (known) => {
        if (!io.json) live.draw((page) => paintOverview(io, page, known, context.now()));
      },
    });
    if (io.json) io.document(state);
    else live.end();
    return undefined;
  },
});
