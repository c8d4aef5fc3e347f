/** What no project may do on this machine: change what another one, or the person, uses. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { typed } from '../typed.ts';
import type { Project } from './file.ts';
import { scopesOf } from './placing.ts';
import type { WantedServer } from './servers.ts';

/** A key of that name with other scopes is another's: it is neither widened nor lent to who asked for less. Throws `conflict`. */
export async function refuseOtherScopes(
  context: Pick<Context, 'ledger'>,
  { profile, keyName, terms, server }: WantedServer,
): Promise<void> {
  const record = await context.ledger.key(profile.name, keyName);
  if (!record || record.status === 'revoked' || terms.scopes.length === 0) return;
  if ([...record.scopes].sort().join(' ') === [...terms.scopes].sort().join(' ')) return;
  const has = record.scopes.join(', ') || 'none';
  throw new UserError(
    'conflict',
    `${profile.name}/${keyName} has the scopes ${has}; "${server}" wants ${terms.scopes.join(', ')}.`,
    { hint: `Give it a key of its own in mcpkey.json: "key": "{user}-{host}-${server}"` },
  );
}

/** Outside the project's folder an entry that stands for another key stays. Throws `conflict`. */
export async function refuseDisplacing(
  context: Context,
  project: Project,
  { server, clients }: WantedServer,
  ref: string,
): Promise<void> {
  const scopes = await scopesOf(context, project, clients);
  const users = scopes.get('user') ?? [];
  const rival = (await allPlacements(context)).find(
    ({ ref: other, placement }) =>
      other !== ref &&
      placement.server === server &&
      placement.scope === 'user' &&
      placement.host === context.host &&
      users.includes(placement.client),
  );
  if (!rival) return;
  throw new UserError('conflict', `"${server}" in ${rival.placement.path} is ${rival.ref}'s.`, {
    hint: typed`Take it out first: mcpkey unplace ${rival.ref} ${rival.placement.client}   or leave that client out of mcpkey.json.`,
  });
}
