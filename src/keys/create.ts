/** Makes a key, by the service's API or by hand, and stores it before anything else is done with it. */
import type { Connection, Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { AssistedSteps, CreatedKey, CreateInput, Operation } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { newSecretRecord } from '../vault.ts';
import type { Guide } from './guide.ts';
import { checkNotKept, keepKey, recordKept } from './keep.ts';
import { assistedId, newMark } from './mark.ts';
import { createMarked, revokeOrphan } from './marked.ts';
import { withFreeName } from './names.ts';
import type { KeyTerms } from './options.ts';
import { type Pending, whilePending } from './pending.ts';
import { connectCalmly, settleInterrupted, settleLeft } from './settle.ts';
import { takeKey } from './take.ts';

export interface MadeKey {
  readonly record: KeyRecord;
  readonly secret: Secret;
}

/**
 * Makes a key called `name`, or by the default name. Throws `usage` and `conflict` before anything is sent,
 * `store_unavailable` and `store_locked` likewise; what the service says; and the store's error with the key revoked
 * again where storing failed.
 */
export async function createKey(
  context: Context,
  connection: Connection,
  request: { name: string | undefined; terms: KeyTerms },
  guide: Guide,
): Promise<MadeKey> {
  return withFreeName(context, connection.profile.name, request.name, (name) =>
    makeNamed(context, connection, { name, terms: request.terms }, guide),
  );
}

async function makeNamed(
  context: Context,
  connection: Connection,
  request: { name: string; terms: KeyTerms },
  guide: Guide,
): Promise<MadeKey> {
  const { provider } = connection;
  const operation = provider.operations.create;
  if (operation.mode === 'unsupported') throw new UserError('unsupported', operation.reason, { provider: provider.id });
  const mark = newMark();
  const label = operation.mode === 'api' ? provider.markLabel(request.name, mark) : request.name;
  const input = createInput(request, mark, label);
  await context.vault.ready();
  const made =
    operation.mode === 'api'
      ? await byApi(context, connection, request, { input, operation, guide })
      : await byHand(context, connection, request, input, operation, guide);
  await recordKept(context, 'create', made.record);
  return made;
}

function createInput(request: { terms: KeyTerms }, mark: string, label: string): CreateInput {
  const { scopes, lifetime, metadata, allowedIps } = request.terms;
  return { label, mark, scopes, lifetime, metadata, allowedIps };
}

interface ByApi {
  readonly input: CreateInput;
  readonly operation: Extract<Operation<CreateInput, CreatedKey>, { mode: 'api' }>;
  readonly guide: Guide;
}

async function byApi(
  context: Context,
  connection: Connection,
  request: { name: string; terms: KeyTerms },
  { input, operation, guide }: ByApi,
): Promise<MadeKey> {
  const { profile } = connection;
  // What an earlier command left there is found now; what cannot be is left for later, and reminded of.
  await settleLeft(context, guide, profile.name);
  const { label, mark } = input;
  const at = new Date(context.now()).toISOString();
  const pending = { at, profile: profile.name, name: request.name, label, mark, secret: newSecretRecord() };
  return whilePending(context, pending, async (journal) => {
    const created = await createMarked(connection, operation, input).catch(async (error: unknown) => {
      const gone = error instanceof Cancelled && (await settleInterrupted(context, connection, pending, guide));
      if (gone) await journal.close();
      throw error;
    });
    return keepMade(context, connection, { request, pending, created });
  });
}

async function keepMade(
  context: Context,
  connection: Connection,
  { request, pending, created }: { request: { name: string; terms: KeyTerms }; pending: Pending; created: CreatedKey },
): Promise<MadeKey> {
  const { profile, provider } = connection;
  try {
    const record = await keepKey(context, {
      profile,
      provider,
      name: request.name,
      remote: withTerms(created, request.terms),
      secret: created.secret,
      terms: request.terms,
      mark: pending.mark,
      assisted: false,
      record: pending.secret,
    });
    return { record, secret: created.secret };
  } catch (error) {
    const calm = context.signal.aborted ? await connectCalmly(context, profile) : connection;
    throw await revokeOrphan(calm, { id: created.id, label: created.label, name: request.name }, error);
  }
}

/** Services that do not tell a key's scopes have given those that were asked for. */
function withTerms(created: CreatedKey, terms: KeyTerms): CreatedKey {
  return {
    ...created,
    scopes: created.scopes.length > 0 ? created.scopes : terms.scopes,
    metadata: Object.keys(created.metadata).length > 0 ? created.metadata : terms.metadata,
    allowedIps: created.allowedIps.length > 0 ? created.allowedIps : terms.allowedIps,
  };
}

async function byHand(
  context: Context,
  connection: Connection,
  request: { name: string; terms: KeyTerms },
  input: CreateInput,
  operation: { guide(input: CreateInput): AssistedSteps },
  guide: Guide,
): Promise<MadeKey> {
  const { profile, provider } = connection;
  await guide.show(`Make the key "${request.name}" at ${provider.title}`, operation.guide(input));
  const value = await takeKey(provider, guide);
  await checkNotKept(context, profile.name, value);
  const record = await keepKey(context, {
    profile,
    provider,
    name: request.name,
    remote: assistedRemote(request, value, provider.displayPrefix(value), context.now()),
    secret: value,
    terms: request.terms,
    mark: null,
    assisted: true,
  });
  return { record, secret: value };
}

/** What is known of a key that a person made: what was asked for. */
export function assistedRemote(request: { name: string; terms: KeyTerms }, value: Secret, prefix: string, now: number) {
  const { scopes, lifetime, metadata, allowedIps } = request.terms;
  return {
    id: assistedId(value),
    label: request.name,
    prefix,
    scopes,
    createdAt: new Date(now).toISOString(),
    expiresAt: typeof lifetime === 'number' ? new Date(now + lifetime).toISOString() : null,
    lastUsedAt: null,
    status: 'active' as const,
    metadata,
    allowedIps,
  };
}
