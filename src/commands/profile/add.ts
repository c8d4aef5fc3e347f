import { defineCommand } from '../../command.ts';
import { UserError } from '../../errors.ts';
import { GENERIC_OPTIONS, PROFILE_OPTIONS } from '../../options.ts';
import { makeProfile } from '../../session/connect.ts';
import { profileRow } from '../../session/state.ts';
import { typed } from '../../typed.ts';
import { printProfiles } from '../../views/profiles.ts';

export const command = defineCommand({
  summary: 'Add a profile for a provider',
  details:
    'A profile is a named connection to a service. Its name is the provider’s, for generic the host’s, or that of -p.',
  arguments: [{ name: 'PROVIDER', summary: 'the service', required: true, completes: 'provider' }],
  options: { ...PROFILE_OPTIONS, ...GENERIC_OPTIONS },
  examples: [
    { run: 'mcpkey profile add stock-data -p stock --url https://stock.example', does: 'a profile called stock' },
    {
      run: 'mcpkey profile add generic --mcp-url https://mcp.example.com/mcp --header X-API-Key',
      does: 'any MCP endpoint',
    },
    {
      run: "mcpkey profile add generic -p brave --command 'npx -y @acme/brave-mcp' --env BRAVE_API_KEY",
      does: 'a local server',
    },
    {
      run: "mcpkey profile add generic -p desk --command 'npx -y @acme/desk-mcp' --env DESK_KEY --env MAIL_KEY=mail/me",
      does: 'one that takes the key of another profile as well',
    },
  ],
  async run(context, { args: [provider = ''], options }) {
    const known = new Set(context.profiles.list().map((profile) => profile.name));
    const profile = await makeProfile(context, provider, options);
    if (known.has(profile.name)) {
      throw new UserError('conflict', `A profile ${profile.name} exists already.`, {
        hint: typed`Choose another name with -p NAME, or change it: mcpkey profile set ${profile.name}`,
      });
    }
    await context.profiles.save(profile);
    await context.ledger.record({ command: 'profile add', ref: profile.name });
    printProfiles(context.io, [await profileRow(context, profile, await context.providers())]);
    return undefined;
  },
});
