/** Takes in a key made elsewhere: checks its form, probes it, and stores it. */
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { RemoteKey } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { probeValue } from './check.ts';
import { assistedRemote, type MadeKey } from './create.ts';
import type { Guide } from './guide.ts';
import { checkNotKept, keepKey, recordKept } from './keep.ts';
import { withFreeName } from './names.ts';
import type { KeyTerms } from './options.ts';
import { takeKey } from './take.ts';

/** Throws `usage` (form), `conflict` (name or key known already), and what the probe says of a key that does not work. */
export async function importKey(
  context: Context,
  connection: Connection,
  name: string,
  guide: Guide,
): Promise<MadeKey> {
  return withFreeName(context, connection.profile.name, name, () => takeIn(context, connection, name, guide));
}

const NO_TERMS: KeyTerms = { scopes: [], lifetime: undefined, rounded: false, metadata: {}, allowedIps: [] };

async function takeIn(context: Context, connection: Connection, name: string, guide: Guide): Promise<MadeKey> {
  const { profile, provider } = connection;
  await context.vault.ready();
  const value = await takeKey(provider, guide);
  await checkNotKept(context, profile.name, value);
  const probed = await probeValue(context, connection, value);
  if (probed.error) throw probed.error;
  const provedAt = new Date(context.now()).toISOString();
  const terms = NO_TERMS;
  const known = await findRemote(context, connection, name, value);
  const remote = known ?? {
    ...assistedRemote({ name, terms }, value, provider.displayPrefix(value), context.now()),
    createdAt: null,
  };
  const record = await keepKey(context, {
    profile,
    provider,
    name,
    remote,
    secret: value,
    terms,
    mark: null,
    assisted: known === undefined,
  });
  await recordKept(context, 'import', record, provedAt);
  return { record, secret: value };
}

/**
 * Keeps a key that was found in a file, working or not. The service is asked which of its keys it is, where it can be.
 * Throws what the store says, `conflict` where the name is taken.
 */
export async function keepFound(
  context: Context,
  connection: Connection,
  name: string,
  value: Secret,
): Promise<KeyRecord> {
  const { profile, provider } = connection;
  return withFreeName(context, profile.name, name, async () => {
    const prefix = provider.displayPrefix(value);
    const known = await findRemote(context, connection, name, value).catch((error: unknown) => {
      if (error instanceof UserError) return undefined;
      throw error;
    });
    const unknown = { ...assistedRemote({ name, terms: NO_TERMS }, value, prefix, context.now()), createdAt: null };
    const remote = known ?? unknown;
    const assisted = known === undefined;
    const key = { profile, provider, name, remote, secret: value, terms: NO_TERMS, mark: null, assisted };
    const record = await keepKey(context, key);
    await recordKept(context, 'import', record);
    return record;
  });
}

/**
 * The service's own record of the key, so that it can be revoked by id: the one active key that begins so, or has this
 * name. What is shown of it must be how this key begins: a stranger's of the same name is no record of it.
 * Undefined where the service has no list, or the profile is not logged in.
 */
export async function findRemote(
  context: Context,
  connection: Connection,
  name: string | undefined,
  value: Secret,
): Promise<RemoteKey | undefined> {
  const { list } = connection.provider.operations;
  if (list.mode !== 'api') return undefined;
  const kept = new Set((await context.ledger.keys(connection.profile.name)).map((key: KeyRecord) => key.id));
  const isFree = (key: RemoteKey) => key.status === 'active' && !kept.has(key.id);
  const fits: RemoteKey[] = [];
  try {
    for await (const page of await list.run(connection.call, undefined)) {
      fits.push(
        ...page.filter(
          (key) => isFree(key) && value.reveal().startsWith(shownOf(key)) && (isTelling(key) || key.label === name),
        ),
      );
    }
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 3) return undefined;
    throw error;
  }
  const byPrefix = fits.filter(isTelling);
  const [only, second] = byPrefix.length > 0 ? byPrefix : fits;
  return second === undefined ? only : undefined;
}

/** How the key begins, as far as the service shows it: up to the dots or stars in the place of the rest. */
const shownOf = ({ prefix }: RemoteKey): string => (prefix ?? '').replace(/(?:[…*]|\.{2}|\.$).*$/u, '');

/** A few characters are those of many keys. */
const isTelling = (key: RemoteKey): boolean => shownOf(key).length >= 6;
