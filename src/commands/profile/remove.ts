import { defineCommand } from '../../command.ts';
import { requireProfile } from '../../profiles.ts';
import { removeProfile } from '../../session/change.ts';
import { profileRow } from '../../session/state.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Forget a profile',
  details: 'Logs out first. A profile with keys is kept, because nobody could revoke them any more.',
  arguments: [{ name: 'PROFILE', summary: 'the profile', required: true, completes: 'profile' }],
  examples: [{ run: 'mcpkey profile remove stock', does: 'forgets it and its login' }],
  async run(context, { args: [name = ''] }) {
    const profile = requireProfile(context.profiles.list(), name);
    const row = await profileRow(context, profile, await context.providers());
    await removeProfile(context, profile);
    printProfiles(context.io, [{ ...row, default: false, loggedIn: false }]);
    return undefined;
  },
});
