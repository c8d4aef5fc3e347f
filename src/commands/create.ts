import { defineCommand, flag, list, value } from '../command.ts';
import type { Connection, Context } from '../context.ts';
import { createKey, type MadeKey } from '../keys/create.ts';
import { keyCredential } from '../keys/credential.ts';
import { keptDocument } from '../keys/document.ts';
import { defaultKeyName } from '../keys/names.ts';
import { checkWishes } from '../keys/options.ts';
import { refuseAgents } from '../keys/reveal.ts';
import { KEY_OPTIONS, wishesOf } from '../options.ts';
import { placeNewKey } from '../placement/new-key.ts';
import { terminalGuide } from '../views/guide.ts';
import { printKey } from '../views/keys.ts';
import { printPlacements } from '../views/placements.ts';

export const command = defineCommand({
  summary: 'Make a key, store it, and place it',
  details:
    'Where the service has only a dashboard, says what to do there and takes the key by hidden prompt or --stdin.',
  arguments: [{ name: 'NAME', summary: 'what to call it (default: USER-HOST)' }],
  options: {
    ...KEY_OPTIONS,
    place: list('CLIENT', 'place it into this client', { completes: 'client' }),
    project: flag("place into the project's files instead of the user's"),
    show: flag('print the secret, once'),
    stdin: flag('read the key made by hand from stdin'),
    name: value('SERVER', "the server's name in the clients (default: the profile's name)"),
  },
  examples: [
    { run: 'mcpkey create', does: 'a key of this user and machine, for 90 days' },
    { run: 'mcpkey create ci --scope mcp:read --expires 30d', does: 'a narrow key that ends soon' },
    { run: 'mcpkey create --place claude-code --place cursor', does: 'a key, placed into two clients' },
  ],
  async run(context, { args: [named], options }) {
    if (options.show) refuseAgents(context.env);
    const connection = await context.connect(context.profiles.inUse(context.options.profile));
    const terms = checkWishes(connection.provider.manifest, wishesOf(options));
    const name = named ?? (await defaultKeyName(context, connection.profile.name));
    const made = await createKey(context, connection, { name, terms }, terminalGuide(context, options));
    const placed = await place(context, connection, made, options);
    report(context, made, placed, options.show);
    return undefined;
  },
});

async function place(
  context: Context,
  { provider, profile }: Connection,
  { record }: MadeKey,
  options: { place: string[]; project: boolean; name: string | undefined },
) {
  if (options.place.length === 0) return [];
  const credential = keyCredential(context, { profile, record }, provider);
  return placeNewKey(context, credential, { clients: options.place, project: options.project, server: options.name });
}
