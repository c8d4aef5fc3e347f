import { defineCommand } from '../../command.ts';
import { requireProfile } from '../../profiles.ts';
import { profileRow } from '../../session/state.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Choose the default profile',
  details: 'It is used where neither -p, nor a ref, nor MCPKEY_PROFILE names another one.',
  arguments: [{ name: 'PROFILE', summary: 'the profile', required: true, completes: 'profile' }],
  examples: [{ run: 'mcpkey profile use stock', does: 'from now on, commands work with stock' }],
  async run(context, { args: [name = ''] }) {
    const profile = requireProfile(context.profiles.list(), name);
    await context.profiles.use(profile.name);
    await context.ledger.record({ command: 'profile use', ref: profile.name });
    if (context.env.MCPKEY_PROFILE && context.env.MCPKEY_PROFILE !== profile.name) {
      context.io.warn(`MCPKEY_PROFILE is set to ${context.env.MCPKEY_PROFILE}, which goes before the default.`);
    }
    printProfiles(context.io, [await profileRow(context, profile, await context.providers())]);
    return undefined;
  },
});
