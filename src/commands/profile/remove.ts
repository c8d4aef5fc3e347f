import { defineCommand, flag } from '../../command.ts';
import { dropKey } from '../../keys/forget.ts';
import type { KeyRecord } from '../../ledger.ts';
import { unplaceKey } from '../../placement/unplace.ts';
import { requireProfile } from '../../profiles.ts';
import { keptKeys, removeProfile } from '../../session/change.ts';
import { profileRow } from '../../session/state.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Forget a profile',
  details:
    'Logs out first. A profile with keys is kept, because nobody could revoke them any more; with --force they are forgotten here and live on at the service.',
  arguments: [{ name: 'PROFILE', summary: 'the profile', required: true, completes: 'profile' }],
  options: { force: flag('forget its keys too, and take them out of the files: nothing is revoked at the service') },
  examples: [
    { run: 'mcpkey profile remove stock', does: 'forgets it and its login' },
    { run: 'mcpkey profile remove stock --force', does: 'of a service that is no more, with its keys' },
  ],
  async run(context, { args: [name = ''], options }) {
    const profile = requireProfile(context.profiles.list(), name);
    const row = await profileRow(context, profile, await context.providers());
    const unplace = async (key: KeyRecord) => {
      await unplaceKey(context, key);
    };
    for (const key of options.force ? await keptKeys(context, profile) : [])
      await dropKey(context, key, { keepPlacements: false, unplace });
    await removeProfile(context, profile);
    printProfiles(context.io, [{ ...row, default: false, loggedIn: false }]);
    return undefined;
  },
});
