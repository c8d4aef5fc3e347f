/** A key for one run: made before the program starts, kept in memory alone, revoked when it has ended. */
import { isUnanswered } from '../api.ts';
import type { Connection, Context } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { type Journal, openJournal } from '../journal.ts';
import { createMarked } from '../keys/marked.ts';
import { checkWishes, type KeyTerms } from '../keys/options.ts';
import { inMilliseconds } from '../providers/lifetimes.ts';
import type { CreatedKey, Manifest, Provider } from '../providers/types.ts';
import { revokeUnused } from '../rotation/steps/service.ts';
import type { Secret } from '../secret.ts';
import { ownIdentity } from '../system/process.ts';
import { type Begun, EPHEMERAL, type EphemeralRecord } from './journal.ts';

export interface EphemeralWishes {
  readonly scopes: readonly string[];
  /** As typed: the longest that the key shall live. */
  readonly ttl: string | undefined;
}

export interface EphemeralKey {
  readonly ref: string;
  readonly secret: Secret;
  /** Revokes it. Throws what the service says; then its journal stays, and the next command tries again. */
  end(): Promise<void>;
}

/** Shorter keys would end under programs that take their time. */
const SHORTEST = 60 * 60_000;
/** Characters of the machine's name in the key's. */
const HOST_LENGTH = 24;

/** What the service is asked for. Throws `unsupported` and `usage` before anything is sent. */
export function ephemeralTerms(provider: Provider, { scopes, ttl }: EphemeralWishes): KeyTerms {
  const { create, revoke } = provider.operations;
  const missing = create.mode !== 'api' ? 'make' : revoke.mode !== 'api' ? 'revoke' : undefined;
  if (missing) {
    throw new UserError(
      'unsupported',
      `${provider.title} has no API to ${missing} keys, so none can be made for one run.`,
      {
        provider: provider.id,
        hint: 'Use a key that is stored: mcpkey exec KEY -- CMD…',
      },
    );
  }
  const { manifest } = provider;
  if (ttl !== undefined) parseDuration(ttl, '--ttl');
  const terms = checkWishes(manifest, { scopes, expires: ttl, metadata: [], allowedIps: [] }, '--ttl');
  return ttl === undefined ? { ...terms, lifetime: shortest(manifest), rounded: false } : terms;
}

/** As short as the service can, yet long enough for a program. In ms; undefined where keys have no end. */
function shortest({ key: { expiry } }: Pick<Manifest, 'key'>): number | undefined {
  if (!expiry) return undefined;
  const least = Math.max(SHORTEST, inMilliseconds(expiry.min ?? 1, expiry.unit));
  return expiry.max === undefined ? least : Math.min(least, inMilliseconds(expiry.max, expiry.unit));
}

/** Throws as `create`; a key that may have been made all the same is found and revoked by the next command. */
export async function makeEphemeral(
  context: Context,
  connection: Connection,
  { terms, mark }: { terms: KeyTerms; mark: string },
): Promise<EphemeralKey> {
  const { profile, provider } = connection;
  const name = `exec-${context.host.replace(/[^\p{L}\p{N}.-]+/gu, '-').slice(0, HOST_LENGTH)}`;
  const marked = provider.markLabel(name, mark);
  const label = marked === name ? `${name}-${mark}` : marked;
  const begun: Begun = {
    step: 'begun',
    at: new Date(context.now()).toISOString(),
    profile: profile.name,
    name,
    label,
    mark,
    worker: await ownIdentity(),
  };
  const journal = await openJournal<EphemeralRecord>(context.paths.journals, EPHEMERAL, begun);
  const key = await create(connection, terms, { begun, journal });
  const ref = `${profile.name}/${name}`;
  const end = async (): Promise<void> => {
    await revokeUnused(connection, { id: key.id, label: key.label, name });
    await journal.close();
    await context.ledger.record({ command: 'exec', ref, oldId: key.id, outcome: 'done' });
  };
  try {
    await journal.append({ step: 'made', id: key.id, label: key.label });
    await context.ledger.record({ command: 'exec', ref, newId: key.id, outcome: 'done' });
  } catch (error) {
    // Where this fails too, the journal finds the key by its mark.
    await end().catch(() => undefined);
    throw error;
  }
  return { ref, secret: key.secret, end };
}

async function create(
  connection: Connection,
  { scopes, lifetime, metadata, allowedIps }: KeyTerms,
  { begun: { label, mark }, journal }: { begun: Begun; journal: Journal<EphemeralRecord> },
): Promise<CreatedKey> {
  const operation = connection.provider.operations.create;
  if (operation.mode !== 'api') throw new Error('the terms were not checked');
  try {
    return await createMarked(connection, operation, { label, mark, scopes, lifetime, metadata, allowedIps });
  } catch (error) {
    if (!mayBeMade(error)) await journal.close();
    throw error;
  }
}

/** No answer told whether there is a key now. */
const mayBeMade = (error: unknown): boolean =>
  isUnanswered(error) || (error instanceof UserError && isUnanswered(error.cause));
