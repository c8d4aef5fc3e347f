import { defineCommand, list, value } from '../../command.ts';
import type { Context } from '../../context.ts';
import { Cancelled, UserError } from '../../errors.ts';
import { GENERIC_OPTIONS, PROFILE_OPTIONS } from '../../options.ts';
import { requireProfile } from '../../profiles.ts';
import { type Change, planChange, runChange, UNSETTABLE } from '../../session/change.ts';
import { profileRow } from '../../session/state.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Change a profile',
  details:
    'Moving a profile that has keys to another origin asks first, because its keys will go there. A move ends the login.',
  arguments: [{ name: 'PROFILE', summary: 'the profile', required: true, completes: 'profile' }],
  options: {
    ...PROFILE_OPTIONS,
    ...GENERIC_OPTIONS,
    issuer: value('URL', 'your own identity provider, or the authorization server'),
    clientId: value('ID', 'the client id to log in with'),
    audience: value('AUD', 'the audience that the token must have'),
    unset: list('SETTING', 'take a setting away (repeatable)', { completes: Object.keys(UNSETTABLE) }),
  },
  examples: [
    { run: 'mcpkey profile set stock --mcp-url https://stock.example/messages', does: 'another endpoint' },
    { run: 'mcpkey profile set cloud --sign', does: 'signs each request from now on' },
    { run: 'mcpkey profile set cloud --unset sign', does: 'no more' },
  ],
  async run(context, { args: [name = ''], options }) {
    const profile = requireProfile(context.profiles.list(), name);
    if (!Object.values(options).some((given) => (Array.isArray(given) ? given.length > 0 : given))) {
      throw new UserError('usage', 'There is nothing to set.', { hint: 'mcpkey help profile set' });
    }
    const change = await planChange(context, profile, options);
    const same = JSON.stringify(change.before) === JSON.stringify(change.after);
    if (same) context.io.note('That is how it is already.');
    if (change.moves && change.keys.length > 0) await ask(context, change);
    if (!same) await runChange(context, change);
    printProfiles(context.io, [await profileRow(context, change.after, await context.providers())]);
    return undefined;
  },
});

async function ask(context: Context, { after, keys }: Change): Promise<void> {
  const names = keys.map((key) => key.name).join(', ');
  const sure = await context.io.confirm(
    `From now on the keys of ${after.name} (${names}) go to the new address. Move it?`,
    {
      hint: 'Add --yes to move it without being asked.',
    },
  );
  if (!sure) throw new Cancelled();
}
