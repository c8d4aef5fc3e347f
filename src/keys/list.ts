/** What the service has, joined with what is kept here. */
import { oneOf } from '../choices.ts';
import type { Connection, Context } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import { joinedDocument, type KeyDocument, keptDocument, remoteDocument } from './document.ts';

export interface KeyFilter {
  readonly expiring?: string | undefined;
  readonly olderThan?: string | undefined;
  readonly status?: string | undefined;
  readonly match?: string | undefined;
  readonly where: readonly string[];
}

const STATUSES = ['active', 'expired', 'revoked', 'unknown'] as const;

/**
 * The keys of one profile, page by page, so that memory does not grow with their number: the service's first, then those
 * known here that it did not show. `local`: no network. Services without a list show what is kept here.
 */
export async function* listKeys(
  context: Context,
  profile: Profile,
  options: { local: boolean },
): AsyncGenerator<KeyDocument> {
  const now = context.now();
  const kept = new Map(
    (await context.ledger.keys(profile.name, { local: options.local })).map((record) => [record.id, record]),
  );
  const connection = options.local ? undefined : await context.connect(profile);
  if (connection?.provider.operations.list.mode !== 'api') {
    for (const record of kept.values()) yield keptDocument(record, now);
    return;
  }
  const { heldByRotations } = await import('../rotation/held.ts');
  yield* listRemote(connection, { kept, held: await heldByRotations(context, profile.name) }, now);
  for (const record of kept.values()) yield missingDocument(record, now);
}

interface Kept {
  readonly kept: Map<string, KeyRecord>;
  /** Without a record yet, by id. */
  readonly held: ReadonlyMap<string, string>;
}

/** Takes out of `kept` what the service showed. */
async function* listRemote(connection: Connection, { kept, held }: Kept, now: number): AsyncGenerator<KeyDocument> {
  const { provider, profile, call } = connection;
  const { list } = provider.operations;
  if (list.mode !== 'api') return;
  /** Names that a ref stands for already: a further key of that name is told by its id. */
  const named = new Set([...kept.values()].map((record) => record.name));
  const inGrace = new Set([...kept.values()].flatMap((record) => (record.previous ? [record.previous.id] : [])));
  for await (const page of await list.run(call, undefined)) {
    for (const remote of page) {
      if (inGrace.has(remote.id)) continue;
      const record = kept.get(remote.id);
      kept.delete(remote.id);
      if (record) {
        yield joinedDocument(record, remote, now);
        continue;
      }
      const { name } = provider.readLabel(remote.label);
      const at = { profile: profile.name, provider: provider.id, name, word: named.has(name) ? remote.id : name };
      named.add(name);
      yield { ...remoteDocument(at, remote, now), stored: held.has(remote.id) };
    }
  }
}

/** Held here, not shown there. A service's empty or partial list does not prove a revocation: the status is not known. */
function missingDocument(record: KeyRecord, now: number): KeyDocument {
  const document = keptDocument(record, now);
  return document.status === 'active' && !record.assisted ? { ...document, status: 'unknown' } : document;
}

/** A test for the options of `list`. Throws `usage` for a wrong duration, status or condition. */
export function keyFilter(filter: KeyFilter, now: number): (key: KeyDocument) => boolean {
  const status = oneOf(filter.status, STATUSES, '--status');
  const ends = filter.expiring === undefined ? undefined : now + parseDuration(filter.expiring, '--expiring');
  const madeBefore = filter.olderThan === undefined ? undefined : now - parseDuration(filter.olderThan, '--older-than');
  const name = filter.match === undefined ? undefined : globPattern(filter.match);
  const conditions = filter.where.map(readCondition);
  return (key) =>
    (status === undefined || key.status === status) &&
    (ends === undefined || (key.status === 'active' && key.expiresAt !== null && Date.parse(key.expiresAt) <= ends)) &&
    (madeBefore === undefined || (key.createdAt !== null && Date.parse(key.createdAt) <= madeBefore)) &&
    (name === undefined || name(key)) &&
    conditions.every(([field, value]) => key.metadata[field] === value);
}

function readCondition(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw new UserError('usage', `"${pair}" is no condition.`, { hint: '--where NAME=VALUE' });
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** `*` any characters but `/`, `?` one. A glob with a `/` is for the ref, one without for the name. */
function globPattern(glob: string): (key: Pick<KeyDocument, 'name' | 'ref'>) => boolean {
  const escaped = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const pattern = new RegExp(`^${escaped}$`, 'u');
  return ({ name, ref }) => pattern.test(glob.includes('/') ? ref : name);
}
