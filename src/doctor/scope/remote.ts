/** What the service itself lists: one look a profile, shared by all checks that need it. */
import type { Connection } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { RemoteKey } from '../../providers/types.ts';
import { typed } from '../../typed.ts';

export type RemoteList =
  | { readonly keys: readonly RemoteKey[] }
  /** The service was asked and did not answer with a list. */
  | { readonly error: UserError }
  /** There is nobody to ask: no list in the API, or no login. */
  | { readonly unasked: string };

/** More are not looked at: a service that never ends is not followed for ever. */
const MAX_KEYS = 20_000;

/** `usable` throws where the login's store does not work. */
export async function listRemote(
  { provider, profile, call }: Connection,
  usable: () => Promise<void>,
): Promise<RemoteList> {
  const { list } = provider.operations;
  if (list.mode !== 'api') return { unasked: `${provider.title} lists its keys in its dashboard alone.` };
  const keys: RemoteKey[] = [];
  try {
    await usable();
    for await (const page of await list.run(call, undefined)) {
      keys.push(...page);
      if (keys.length >= MAX_KEYS) break;
    }
    return { keys };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.exitCode === 7) return { unasked: `The secret store: ${error.message}` };
    const never = error.code === 'not_logged_in' && error.status === undefined;
    if (never)
      return { unasked: `Not logged in, so ${provider.title} was not asked (${typed`mcpkey login ${profile.name}`}).` };
    return { error };
  }
}
