/** A request that makes a key and was never answered: what came of it is found out before anything is made again. */
import { UserError } from '../../errors.ts';
import type { KeyRecord } from '../../ledger.ts';
import type { RemoteKey } from '../../providers/types.ts';
import type { Attempt } from '../records.ts';
import type { Work } from '../work.ts';
import { revokeUnused, type Survey, survey } from './service.ts';

/** A request that was under way when its sender died may be carried out so many ms later. */
const LATE = 3_000;
const POLL = 500;
/** The service's clock may be behind ours by so many ms. */
const SKEW = 10_000;

export interface Unsettled {
  readonly attempt: Attempt;
  /** When it began, in ms since 1970. */
  readonly begun: number;
}

/** Finds the keys that the attempt made, of which nobody has the secret. Throws where that cannot be told. */
export async function findMade(work: Work, { attempt, begun }: Unsettled): Promise<Survey> {
  const { connection, context } = work;
  const { old, plan } = work.progress.planned;
  const known = new Set((await context.ledger.keys(work.progress.planned.profile)).map((key) => key.id));
  const base = attempt.base ?? old;
  const isNew = ({ id, createdAt }: RemoteKey) =>
    id !== base.id && !known.has(id) && createdAt !== null && Date.parse(createdAt) > begun - SKEW;
  const fits = (key: RemoteKey, mark: string | undefined) =>
    mark === attempt.mark ||
    // A service that rotates by itself may leave the name as it was, mark and all; so may be others' keys called.
    (plan.making === 'native' && key.label === base.label && isNew(key));
  // A clock that was set back must not make us wait for ever.
  const waited = Math.max(0, LATE - Math.max(0, context.now() - begun));
  for (let left = work.resumed ? waited : 0; ; left -= POLL) {
    const seen = await survey(connection, base.id, fits);
    if (seen === undefined) throw nothingToLookAt(work, attempt);
    if (seen.found.length > 0) return seen;
    refuseBlindList(work, seen);
    if (left <= 0) return seen;
    await context.sleep(Math.min(left, POLL));
  }
}

/** An unreadable database looks like an empty list: where not even the old key is listed, nothing follows from it. */
function refuseBlindList(work: Work, { old }: Survey): void {
  const { old: before, plan } = work.progress.planned;
  const ended = before.expiresAt !== null && Date.parse(before.expiresAt) <= work.context.now();
  const shouldShow = plan.making === 'api' && plan.order === 'create-first' && !before.assisted && !ended;
  if (old || !shouldShow) return;
  throw new UserError(
    'bad_response',
    `${work.connection.provider.title} lists its keys without ${work.ref}, so whether a new one was made cannot be told.`,
    { provider: work.connection.provider.id, hint: 'mcpkey rotate --resume   (later)' },
  );
}

function nothingToLookAt({ connection, progress, ref }: Work, attempt: Attempt): UserError {
  const { provider } = connection;
  const label = provider.markLabel(progress.planned.name, attempt.mark);
  const { list } = provider.operations;
  const where = list.mode === 'assisted' ? list.guide(undefined).url : (provider.manifest.docs ?? provider.title);
  return new UserError(
    'unsupported',
    `Whether ${provider.title} made a new key for ${ref} is not known, and it cannot be asked: look for "${label}".`,
    { provider: provider.id, hint: `Look at ${where}, and revoke "${label}" where it is there.` },
  );
}

/**
 * Takes back what an attempt made. Where only a person can revoke, the key is written down as one that lives, so that
 * it is listed and reminded of.
 */
export async function takeBack(work: Work, keys: readonly RemoteKey[]): Promise<void> {
  for (const key of keys) {
    const ref = { id: key.id, label: key.label, name: key.label };
    if (work.connection.provider.operations.revoke.mode === 'api') await revokeUnused(work.connection, ref);
    else await writeDown(work, key);
  }
}

/** Known here from now on, without a secret: nobody has it. */
export async function writeDown(work: Work, key: Omit<RemoteKey, 'lastUsedAt' | 'status'>): Promise<void> {
  const { context, connection, progress } = work;
  const { profile, provider } = progress.planned;
  const { revoke } = connection.provider.operations;
  const record: KeyRecord = {
    profile,
    provider,
    name: key.label,
    id: key.id,
    label: key.label,
    prefix: key.prefix,
    scopes: key.scopes,
    createdAt: key.createdAt,
    expiresAt: key.expiresAt,
    lastUsedAt: null,
    status: 'active',
    metadata: key.metadata,
    allowedIps: key.allowedIps,
    placements: [],
    previous: null,
    secret: null,
    origin: null,
    mark: null,
    host: context.host,
    assisted: false,
  };
  if (!(await context.ledger.key(profile, key.label))) await context.ledger.add(record);
  const name = `"${key.label}" (id ${key.id})`;
  work.warnings.push(`The key ${name} lives at the service and nobody has its secret: revoke it.`);
  if (revoke.mode === 'assisted') {
    await work.ports.revoking.show(`Revoke the key ${name}`, revoke.guide({ ...key, name: key.label }));
  }
}
