import { defineCommand } from '../command.ts';
import { requireProfile } from '../profiles.ts';
import { environmentCredentials } from '../session/environment.ts';
import { logOut } from '../session/logout.ts';
import { whoami } from '../session/state.ts';

export const command = defineCommand({
  summary: 'End a login, at the server too where it can be',
  details: 'Revokes the tokens at the server where it has a way (RFC 7009), and forgets them. Keys stay as they are.',
  arguments: [{ name: 'PROFILE', summary: 'the profile (default: the one in use)', completes: 'profile' }],
  examples: [
    { run: 'mcpkey logout', does: 'the profile in use' },
    { run: 'mcpkey logout stock', does: 'another one' },
  ],
  async run(context, { args: [word] }) {
    const { io, profiles } = context;
    const profile =
      word === undefined ? profiles.inUse(context.options.profile) : requireProfile(profiles.list(), word);
    const { ended, revoked, reason } = await logOut(context, profile);
    if (!ended) io.note(`Nobody was logged in to ${profile.name}.`);
    if (ended && !revoked) io.warn(`The tokens were forgotten here, but not revoked: ${reason}.`);
    const { token, variables } = environmentCredentials(context, profile.name);
    if (token) io.warn(`${variables[0]} is set, and is used for ${profile.name} all the same.`);
    if (io.json) io.document([await whoami(context, profile)]);
    else if (ended) io.out(`Logged out of ${profile.name}${revoked ? '; the server has revoked the tokens' : ''}.`);
    return undefined;
  },
});
