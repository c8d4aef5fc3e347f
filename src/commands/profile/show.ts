import { defineCommand } from '../../command.ts';
import { requireProfile } from '../../profiles.ts';
import { profileDocument } from '../../session/state.ts';
import { printProfile } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Show one profile',
  arguments: [{ name: 'PROFILE', summary: 'the profile (default: the one in use)', completes: 'profile' }],
  examples: [{ run: 'mcpkey profile show stock', does: 'all its settings; never a secret' }],
  async run(context, { args: [word] }) {
    const { io, profiles } = context;
    const profile =
      word === undefined ? profiles.inUse(context.options.profile) : requireProfile(profiles.list(), word);
    const document = await profileDocument(context, profile, await context.providers());
    if (io.json) io.document(document);
    else printProfile(io, document);
    return undefined;
  },
});
