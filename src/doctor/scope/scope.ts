/** What the checks look at, each part looked up once and shared. */
import { findCredentials } from '../../adopt/find.ts';
import type { Context } from '../../context.ts';
import { refOf } from '../../keys/refs.ts';
import { once } from '../../once.ts';
import { allPlacements } from '../../placement/book.ts';
import { locate } from '../../placement/unplace.ts';
import { waitingForSync } from '../../placement/waiting.ts';
import type { Profile } from '../../profiles.ts';
import { LOGIN } from '../../vault/shelf.ts';
import type { Scope } from '../types.ts';
import { askEndpoint } from './answers.ts';
import { readClients } from './clients.ts';
import { reachProfile } from './reach.ts';
import { listRemote } from './remote.ts';
import { mustWork, storesAtHand } from './stores.ts';
import { sessionVariables } from './variables.ts';

export type ScopeOptions = Pick<Scope, 'maxAge' | 'deep' | 'limit'> & { readonly timeout: number };

/** Nothing is looked up before a check asks. */
export function createScope(context: Context, { maxAge, deep, limit, timeout }: ScopeOptions): Scope {
  const connection = byName((profile: Profile) =>
    context.connect(profile, { timeout, attempts: 1, maxWait: 0, signal: context.signal }),
  );
  const stores = once(() => storesAtHand(context));
  const usable: Scope['usable'] = async (profile, record) => mustWork(await stores(), context, profile, record);
  const remote = byName(async (profile: Profile) => {
    const connected = await connection(profile);
    return listRemote(connected, () => usable(profile.name, LOGIN));
  });
  const reach = byName(async (profile: Profile) =>
    reachProfile(context, await connection(profile), () => remote(profile)),
  );
  const placements = once(async () => {
    const mine = (await allPlacements(context)).filter(({ placement }) => placement.host === context.host);
    return Promise.all(mine.map((owned) => locate(context, owned)));
  });
  const answer = byKey((ref: string) => askEndpoint({ context, connection, usable }, ref));
  const started = byKey((_key: string, start: () => ReturnType<Parameters<Scope['started']>[0]['start']>) => start());
  return {
    context,
    maxAge,
    deep,
    limit,
    connection,
    remote,
    reach,
    placements,
    toSync: once(async () => new Set((await waitingForSync(context)).map(refOf))),
    keys: once(async () => (await context.ledger.keys()).filter(({ status }) => status !== 'revoked')),
    answer: (ref) => answer(ref),
    stores,
    usable,
    clients: once(async () => readClients(context, await placements())),
    clear: once(() => findCredentials(context)),
    variables: once(() => sessionVariables(context)),
    started: ({ key, start }) => started(key, start),
  };
}

const byName = <T>(make: (profile: Profile) => Promise<T>): ((profile: Profile) => Promise<T>) => {
  const look = byKey((_name: string, profile: Profile) => make(profile));
  return (profile) => look(profile.name, profile);
};

/** One promise a key, whoever asks first. */
function byKey<T, A extends readonly unknown[]>(
  make: (key: string, ...rest: A) => Promise<T>,
): (key: string, ...rest: A) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key, ...rest) => {
    const known = made.get(key) ?? make(key, ...rest);
    made.set(key, known);
    return known;
  };
}
